namespace AttentionML.Fused;

/// <summary>A tensor [N, H, L, width] in memory that is not ours; the numbers of a row are adjacent, everything else may be strided.</summary>
/// <param name="data">The first number; null where there is no tensor.</param>
/// <param name="batchStride">Numbers from one sequence to the next.</param>
/// <param name="headStride">Numbers from one head to the next; 0 shows every head the same.</param>
/// <param name="stepStride">Numbers from one step to the next.</param>
internal readonly unsafe struct Heads(float* data, nint batchStride, nint headStride, nint stepStride)
{
    public bool IsNull => data is null;

    /// <summary>The steps of one head of one sequence.</summary>
    public Steps this[int sequence, int head] =>
        data is null ? default : new(data + sequence * batchStride + head * headStride, stepStride);

    /// <summary>Whether the heads of a step lie closer together than the steps of a head.</summary>
    public bool Interleave => headStride < stepStride;

    /// <summary>The same tensor with the last step of each head first; null stays null.</summary>
    public Heads Backwards(nint count) => data is null ? this : new(data + (count - 1) * stepStride, batchStride, headStride, -stepStride);

    /// <summary>A tensor without gaps.</summary>
    public static Heads Contiguous(float* data, int headCount, int length, int width) =>
        new(data, (nint)headCount * length * width, (nint)length * width, width);
}
