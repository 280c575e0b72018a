using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AttentionML.Pipelines;

/// <summary>An input or output of an ONNX model that has a batch axis: what a row of it is.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="Element">What its values are.</param>
/// <param name="Batch">The name of the batch axis, which is the first.</param>
/// <param name="Axes">The axes behind that of the batch.</param>
internal sealed record OnnxPort(string Name, SequenceElement Element, string Batch, OnnxAxis[] Axes)
{
    private static readonly Dictionary<TensorElementType, SequenceElement> Elements = Map();

    /// <summary>ONNX Runtime's name for what the values are.</summary>
    public required TensorElementType ElementType { get; init; }

    /// <summary>The product of the axes that are numbers.</summary>
    public int FixedWidth { get; } = Product(Axes);

    /// <summary>Reads one.</summary>
    /// <param name="kind">Input or output, for messages.</param>
    /// <param name="name">Its name.</param>
    /// <param name="metadata">What ONNX Runtime says of it.</param>
    /// <exception cref="ArgumentException">It is no tensor, has no open batch axis, or holds what no column can hold.</exception>
    public static OnnxPort Read(string kind, string name, NodeMetadata metadata)
    {
        if (!metadata.IsTensor)
        {
            throw new ArgumentException($"The model's {kind} '{name}' is a {metadata.OnnxValueType}; only tensors can be columns.");
        }

        if (!Elements.TryGetValue(metadata.ElementDataType, out var element))
        {
            throw new ArgumentException(
                $"The model's {kind} '{name}' holds {metadata.ElementDataType}; a column can be had for {string.Join(", ", Elements.Keys)}.");
        }

        var axes = metadata.Dimensions.Select((size, axis) => Axis(name, metadata, axis, size)).ToArray();
        if (axes is not [{ IsOpen: true } batch, ..])
        {
            throw new ArgumentException(
                $"The model's {kind} '{name}' is [{string.Join(", ", axes)}]: its first axis has to be open, for the rows of a batch. " +
                "Export the model with an open batch axis, or score it row by row with ApplyOnnxModel.");
        }

        var behind = axes[1..];
        if (behind.Any(axis => !axis.IsOpen && axis.Size == 0))
        {
            throw new ArgumentException($"The model's {kind} '{name}' is [{string.Join(", ", axes)}]: an axis of size 0 holds nothing.");
        }

        return !behind.Contains(batch)
            ? new(name, element, batch.Name!, behind) { ElementType = metadata.ElementDataType }
            : throw new ArgumentException(
                $"The model's {kind} '{name}' is [{string.Join(", ", axes)}]: the size of the batch occurs twice, so its rows cannot be told apart.");
    }

    /// <summary>The name of an axis that the model does not name.</summary>
    public static string Unnamed(string port, int axis) => $"{port}[{axis}]";

    /// <summary>The same with numbers for some of its open axes.</summary>
    public OnnxPort With(IReadOnlyDictionary<string, int> dimensions) => new(
        Name, Element, Batch, [.. Axes.Select(axis => axis.IsOpen && dimensions.TryGetValue(axis.Name!, out var size) ? new(size, null) : axis)])
    {
        ElementType = ElementType,
    };

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{string.Join(", ", Axes.Select(axis => axis.ToString()).Prepend(Batch))}]";

    private static OnnxAxis Axis(string name, NodeMetadata metadata, int axis, int size) =>
        size >= 0 ? new(size, null) : new(0, metadata.SymbolicDimensions[axis] is { Length: > 0 } symbol ? symbol : Unnamed(name, axis));

    private static int Product(OnnxAxis[] axes) =>
        axes.Where(axis => !axis.IsOpen).Aggregate(1, (product, axis) => checked(product * axis.Size));

    private static Dictionary<TensorElementType, SequenceElement> Map()
    {
        TensorElementType[] types =
        [
            TensorElementType.Float, TensorElementType.Double, TensorElementType.Int8, TensorElementType.Int16, TensorElementType.Int32,
            TensorElementType.Int64, TensorElementType.UInt8, TensorElementType.UInt16, TensorElementType.UInt32, TensorElementType.UInt64,
            TensorElementType.Bool,
        ];
        return types.Zip(SequenceElement.All).ToDictionary();
    }
}
