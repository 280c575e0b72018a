namespace AttentionML.Streaming;

/// <summary>A part of what a step brings.</summary>
/// <param name="Name">Its name in files.</param>
/// <param name="Width">The values of a step.</param>
/// <param name="IsToken">Whether the one value is the number of a token; the tensor then is [N, L].</param>
internal readonly record struct StreamingInput(string Name, int Width, bool IsToken = false)
{
    /// <summary>The shape for some sequences of one length.</summary>
    public long[] Shape(int count, int length) => IsToken ? [count, length] : [count, length, Width];
}
