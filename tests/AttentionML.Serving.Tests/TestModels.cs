using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Serving.Tests;

/// <summary>Small ONNX files, made of the format's own messages.</summary>
internal static class TestModels
{
    public const int Float = 1;
    public const int Int64 = 7;

    /// <summary>y = x, for elements of any type; x is [batch, width], and y [batch, result].</summary>
    public static byte[] Identity(int type, string batch = "batch", string width = "width", string? result = null) =>
        Model([Value("x", type, batch, width)], [Value("y", type, batch, result ?? width)], [Node("Identity", ["x"], ["y"])]);

    /// <summary>y = 2 · x, [batch, width].</summary>
    public static byte[] Double() =>
        Model([Value("x", Float, "batch", "width")], [Value("y", Float, "batch", "width")], [Node("Add", ["x", "x"], ["y"])]);

    /// <summary>sum = Σ x · mask over the steps, steps = x · mask; x is [batch, length, 2], mask [batch, length].</summary>
    public static byte[] Masked() => Model(
        [Value("x", Float, "batch", "length", 2), Value("mask", Float, "batch", "length")],
        [Value("sum", Float, "batch", 2), Value("steps", Float, "batch", "length", 2)],
        [
            Constant("last", 2),
            Constant("one", 1),
            Node("Unsqueeze", ["mask", "last"], ["column"]),
            Node("Mul", ["x", "column"], ["steps"]),
            Node("ReduceSum", ["steps", "one"], ["sum"], ("keepdims", 0)),
        ],
        ("attentionml.mechanism", "softmax"),
        ("attentionml.masked", "true"));

    /// <summary>y = x as often, one below the other, as n says; strings or floats. x is [1, width], n [1] and y [rows, width]. No batch axis.</summary>
    public static byte[] Repeat(int type) => Model(
        [Value("x", type, 1, "width"), Value("n", Int64, 1)],
        [Value("y", type, "rows", "width")],
        [Constant("one", 1), Node("Concat", ["n", "one"], ["times"], ("axis", 0)), Node("Tile", ["x", "times"], ["y"])]);

    /// <summary>y = one of four numbers for each id; an id out of range fails the run. ids is [batch, length].</summary>
    public static byte[] Lookup() => Model(
        [Value("ids", Int64, "batch", "length")],
        [Value("y", Int64, "batch", "length")],
        [Constant("table", 10, 11, 12, 13), Node("Gather", ["table", "ids"], ["y"])]);

    /// <summary>y = x after many multiplications of [n, n]: slow, and stoppable between them. No batch axis.</summary>
    public static byte[] Slow(int multiplications = 200)
    {
        var nodes = Enumerable.Range(0, multiplications).Select(i => Node("MatMul", [i == 0 ? "x" : $"m{i}", "x"], [i == multiplications - 1 ? "y" : $"m{i + 1}"]));
        return Model([Value("x", Float, "n", "n")], [Value("y", Float, "n", "n")], [.. nodes]);
    }

    private static byte[] Model(ValueInfoProto[] inputs, ValueInfoProto[] outputs, NodeProto[] nodes, params (string Key, string Value)[] metadata) =>
        new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
            Graph = new() { Name = "test", Input = { inputs }, Output = { outputs }, Node = { nodes } },
            MetadataProps = { metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
        }.ToByteArray();

    private static ValueInfoProto Value(string name, int type, params object[] shape)
    {
        var dimensions = shape.Select(size => size is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = (int)size });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = type, Shape = new() { Dim = { dimensions } } } } };
    }

    private static NodeProto Node(string operation, string[] inputs, string[] outputs, params (string Name, long Value)[] attributes) => new()
    {
        OpType = operation,
        Name = outputs[0],
        Input = { inputs },
        Output = { outputs },
        Attribute = { attributes.Select(attribute => new AttributeProto { Name = attribute.Name, I = attribute.Value, Type = AttributeProto.Types.AttributeType.Int }) },
    };

    private static NodeProto Constant(string name, params long[] values) => new()
    {
        OpType = "Constant",
        Name = name,
        Output = { name },
        Attribute =
        {
            new AttributeProto
            {
                Name = "value",
                Type = AttributeProto.Types.AttributeType.Tensor,
                T = new() { Dims = { values.Length }, DataType = Int64, RawData = ByteString.CopyFrom([.. values.SelectMany(BitConverter.GetBytes)]) },
            },
        },
    };
}
