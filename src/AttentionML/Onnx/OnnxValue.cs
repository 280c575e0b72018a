using AttentionML.Onnx.Protobuf;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Onnx;

/// <summary>A value of a graph: a graph input, a constant, or what a node gives.</summary>
/// <param name="graph">The graph it belongs to.</param>
/// <param name="number">Its place in the order of appending.</param>
/// <param name="type">What its elements are.</param>
/// <param name="shape">The size along each axis.</param>
internal sealed class OnnxValue(OnnxGraph graph, int number, ElementType type, OnnxDimension[] shape)
{
    public OnnxGraph Graph => graph;

    public int Number => number;

    public ElementType Type => type;

    public ReadOnlySpan<OnnxDimension> Shape => shape;

    /// <summary>What a graph input is called and holds; null for other values.</summary>
    public (string Name, string Description)? Input { get; init; }

    /// <summary>The elements of a constant; null for other values.</summary>
    public TensorProto? Constant { get; init; }

    /// <summary>The node that gives this value; null for inputs and constants.</summary>
    public OnnxNode? Node { get; init; }

    /// <summary>Its place among the axes, for one that may be counted from the end.</summary>
    public int Axis(int axis) => axis < 0 ? axis + shape.Length : axis;

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{string.Join(", ", shape)}]";

    /// <summary>The value as a graph declares its inputs and outputs.</summary>
    public ValueInfoProto Declare(string name, string description)
    {
        var sizes = new TensorShapeProto();
        foreach (var size in shape)
        {
            sizes.Dim.Add(size.IsNumber
                ? new TensorShapeProto.Types.Dimension { DimValue = size.Factor }
                : new() { DimParam = size.ToString() });
        }

        return new()
        {
            Name = name,
            Type = new() { TensorType = new() { ElemType = (int)type, Shape = sizes } },
            DocString = description,
        };
    }
}
