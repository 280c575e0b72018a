namespace AttentionML.Serving.Tensors;

/// <summary>An input or output of a model, as its ONNX file declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its sizes, the batch among them; -1 where any size will do.</param>
/// <param name="Symbols">What the file calls each axis that is open; empty where it has no name or a fixed size.</param>
internal sealed record TensorSpec(string Name, TensorType Type, long[] Shape, string[] Symbols)
{
    /// <summary>The first axis with that name, or -1.</summary>
    public int AxisOf(string symbol) => symbol.Length == 0 ? -1 : Array.IndexOf(Symbols, symbol);

    public override string ToString() => $"{Name} {Type.Name} [{string.Join(", ", Shape)}]";
}
