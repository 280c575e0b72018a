namespace AttentionML.Fused;

/// <summary>The sizes of one attention, and its direction.</summary>
/// <param name="BatchSize">N.</param>
/// <param name="HeadCount">H.</param>
/// <param name="QueryCount">L, steps of the queries.</param>
/// <param name="KeyCount">S, steps of keys and values; L in causal attention.</param>
/// <param name="HeadDimension">d.</param>
/// <param name="ValueDimension">m.</param>
/// <param name="Causal">Whether a query sees only its own and earlier steps.</param>
internal readonly record struct FusedSizes(
    int BatchSize, int HeadCount, int QueryCount, int KeyCount, int HeadDimension, int ValueDimension, bool Causal)
{
    /// <summary>The largest head or value dimension: a state of d × m numbers, or a block of queries and outputs, has to stay in the nearest caches.</summary>
    public const int MaximumDimension = 256;

    /// <summary>N · H.</summary>
    public int Heads => BatchSize * HeadCount;

    /// <summary>Throws unless there is a fused form for these sizes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or a dimension exceeds <see cref="MaximumDimension"/>.</exception>
    /// <exception cref="ArgumentException">Causal attention with unequal numbers of queries and keys.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(QueryCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(KeyCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadDimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ValueDimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HeadDimension, MaximumDimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ValueDimension, MaximumDimension);
        if (Causal && QueryCount != KeyCount)
        {
            throw new ArgumentException($"Causal attention needs as many queries as keys; there are {QueryCount} and {KeyCount}.");
        }
    }
}
