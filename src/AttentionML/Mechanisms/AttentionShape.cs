namespace AttentionML.Mechanisms;

/// <summary>The sizes of one attention.</summary>
/// <param name="BatchSize">N, sequences.</param>
/// <param name="HeadCount">H, heads.</param>
/// <param name="SequenceLength">L, steps; the same for queries and keys.</param>
/// <param name="HeadDimension">d, features of a query or key per head.</param>
public readonly record struct AttentionShape(int BatchSize, int HeadCount, int SequenceLength, int HeadDimension)
{
    /// <summary>m, features of a value per head; <see cref="HeadDimension"/> unless set.</summary>
    public int ValueDimension { get; init; } = HeadDimension;
}
