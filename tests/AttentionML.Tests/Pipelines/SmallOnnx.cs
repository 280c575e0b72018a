using AttentionML.Onnx.Protobuf;
using Google.Protobuf;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tests.Pipelines;

/// <summary>ONNX files that others than AttentionML might write: any types, any axes, with or without names.</summary>
internal sealed class SmallOnnx
{
    private readonly GraphProto _graph = new() { Name = "small" };

    /// <summary>An input; its axes are numbers, names, or "" for an open axis without a name.</summary>
    public SmallOnnx Input(string name, ElementType type, params string[] axes)
    {
        _graph.Input.Add(Value(name, type, axes));
        return this;
    }

    public SmallOnnx Node(string operation, string[] inputs, string output, params AttributeProto[] attributes)
    {
        _graph.Node.Add(new NodeProto { OpType = operation, Name = output, Input = { inputs }, Output = { output }, Attribute = { attributes } });
        return this;
    }

    public SmallOnnx Constant(TensorProto constant)
    {
        _graph.Initializer.Add(constant);
        return this;
    }

    public SmallOnnx Output(string name, ElementType type, params string[] axes)
    {
        _graph.Output.Add(Value(name, type, axes));
        return this;
    }

    public string Write(string path)
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            Graph = _graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
        };
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    public static AttributeProto Number(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static TensorProto Floats(string name, long[] dims, params float[] values) => new()
    {
        Name = name,
        DataType = (int)ElementType.Float,
        Dims = { dims },
        RawData = ByteString.CopyFrom([.. values.SelectMany(BitConverter.GetBytes)]),
    };

    private static ValueInfoProto Value(string name, ElementType type, string[] axes) => new()
    {
        Name = name,
        Type = new()
        {
            TensorType = new()
            {
                ElemType = (int)type,
                Shape = new()
                {
                    Dim =
                    {
                        axes.Select(axis => long.TryParse(axis, out var size)
                            ? new TensorShapeProto.Types.Dimension { DimValue = size }
                            : axis.Length > 0 ? new() { DimParam = axis } : new()),
                    },
                },
            },
        },
    };
}
