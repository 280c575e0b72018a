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

    /// <summary>
    /// The sizes of tensors that a fused form reads in place; null where it would have to repeat or to cut them: heads or sequences that keys
    /// and values share, other masks than one number a key. The formula takes those that broadcast, and refuses the others.
    /// </summary>
    /// <param name="queries">The shape of the queries, [N, H, L, d].</param>
    /// <param name="keys">That of the keys, [N, H, S, d].</param>
    /// <param name="values">That of the values, [N, H, S, m].</param>
    /// <param name="visible">That of the key mask, [N, S] or [1, S]; null where there is none.</param>
    /// <param name="causal">Whether a query sees only its own and earlier steps.</param>
    public static FusedSizes? Of(ReadOnlySpan<long> queries, ReadOnlySpan<long> keys, ReadOnlySpan<long> values, long[]? visible, bool causal)
    {
        if (queries is not [var n, var h, var l, var d] || keys is not [_, _, var s, _] || values is not [_, _, _, var m])
        {
            return null;
        }

        var fits = keys.SequenceEqual([n, h, s, d]) && values.SequenceEqual([n, h, s, m])
            && (visible is null || (visible is [var masks, var steps] && (masks == n || masks == 1) && steps == s))
            && (!causal || l == s);
        foreach (var size in (ReadOnlySpan<long>)[n, h, l, s, d, m])
        {
            fits &= size is > 0 and <= int.MaxValue;
        }

        return fits ? new((int)n, (int)h, (int)l, (int)s, (int)d, (int)m, causal) : null;
    }

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
