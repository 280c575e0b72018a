using System.Runtime.InteropServices;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Serving.Load;

/// <summary>The models under load: as small as they come on the wire, with the work of an attention layer (4 heads of 16) where one is wanted.</summary>
internal static class LoadModels
{
    private const int Float = 1;
    private const int Int64 = 7;
    private const int Width = 64;
    private static readonly string[] Projections = ["wq", "wk", "wv"];

    /// <summary>y = 2 · x, [batch, width]: next to nothing for ONNX Runtime.</summary>
    public static byte[] Double() => Model([Value("x", "batch", "width")], [Value("y", "batch", "width")], [], [Node("Add", ["x", "x"], "y")]);

    /// <summary>Self-attention over x [batch, length, 1] and the mean of its output over the steps, y [batch, 64].</summary>
    public static byte[] Attention(bool softmax)
    {
        var random = new Random(42);
        TensorProto[] weights =
        [
            .. Projections.Select(name => Floats(name, [1, Width], random)),
            Integers("heads", 0, 0, 4, 16),
            Integers("merged", 0, 0, Width),
            Integers("steps", 1),
            Integers("keys_axis", 3),
        ];
        NodeProto[] attend = softmax
            ? [Node("MatMul", ["q", "k"], "s"), Node("Softmax", ["s"], "p"), Node("MatMul", ["p", "v"], "c")]
            :
            [
                Node("Relu", ["q"], "fq"), Node("Relu", ["k"], "fk"), Node("MatMul", ["fk", "v"], "kv"), Node("ReduceSum", ["fk", "keys_axis"], "z"),
                Node("MatMul", ["fq", "kv"], "n"), Node("MatMul", ["fq", "z"], "d0"), Node("Exp", ["d0"], "d1"), Node("Div", ["n", "d1"], "c"),
            ];
        NodeProto[] nodes =
        [
            .. Project("q", 0, 2, 1, 3), .. Project("k", 0, 2, 3, 1), .. Project("v", 0, 2, 1, 3), .. attend,
            Transpose("c", "ct", 0, 2, 1, 3), Node("Reshape", ["ct", "merged"], "m"), Node("ReduceSum", ["m", "steps"], "y", ("keepdims", 0)),
        ];
        return Model([Value("x", "batch", "length", 1)], [Value("y", "batch", Width)], weights, nodes, ("attentionml.mechanism", softmax ? "softmax" : "linear-relu"));
    }

    private static NodeProto[] Project(string name, params long[] order) =>
        [Node("MatMul", ["x", $"w{name}"], $"{name}0"), Node("Reshape", [$"{name}0", "heads"], $"{name}1"), Transpose($"{name}1", name, order)];

    private static byte[] Model(ValueInfoProto[] inputs, ValueInfoProto[] outputs, TensorProto[] weights, NodeProto[] nodes, params (string Key, string Value)[] metadata) =>
        new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
            Graph = new() { Name = "load", Input = { inputs }, Output = { outputs }, Initializer = { weights }, Node = { nodes } },
            MetadataProps = { metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
        }.ToByteArray();

    private static ValueInfoProto Value(string name, params object[] shape)
    {
        var dimensions = shape.Select(size => size is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = (int)size });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = Float, Shape = new() { Dim = { dimensions } } } } };
    }

    private static NodeProto Node(string operation, string[] inputs, string output, params (string Name, long Value)[] attributes) => new()
    {
        OpType = operation,
        Name = output,
        Input = { inputs },
        Output = { output },
        Attribute = { attributes.Select(attribute => new AttributeProto { Name = attribute.Name, I = attribute.Value, Type = AttributeProto.Types.AttributeType.Int }) },
    };

    private static NodeProto Transpose(string input, string output, params long[] order) => new()
    {
        OpType = "Transpose",
        Name = output,
        Input = { input },
        Output = { output },
        Attribute = { new AttributeProto { Name = "perm", Ints = { order }, Type = AttributeProto.Types.AttributeType.Ints } },
    };

    private static TensorProto Floats(string name, long[] shape, Random random)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => (random.NextSingle() * 2) - 1)];
        return new() { Name = name, Dims = { shape }, DataType = Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)) };
    }

    private static TensorProto Integers(string name, params long[] values) =>
        new() { Name = name, Dims = { values.Length }, DataType = Int64, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)) };
}
