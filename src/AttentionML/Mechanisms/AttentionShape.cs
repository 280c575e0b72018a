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

    /// <summary>Throws where a size is negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(HeadCount);
        ArgumentOutOfRangeException.ThrowIfNegative(SequenceLength);
        ArgumentOutOfRangeException.ThrowIfNegative(HeadDimension);
        ArgumentOutOfRangeException.ThrowIfNegative(ValueDimension);
    }
}
