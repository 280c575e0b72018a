namespace AttentionML.Pipelines;

/// <summary>The size of one axis of an ONNX model's input or output: a number, or a name for what differs from run to run.</summary>
/// <param name="Size">The number; 0 where there is a name.</param>
/// <param name="Name">The name; null where there is a number.</param>
internal readonly record struct OnnxAxis(int Size, string? Name)
{
    /// <summary>Whether the size differs from run to run.</summary>
    public bool IsOpen => Name is not null;

    /// <inheritdoc/>
    public override string ToString() => Name ?? $"{Size}";
}
