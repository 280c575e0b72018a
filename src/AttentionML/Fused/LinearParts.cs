namespace AttentionML.Fused;

/// <summary>The parts that sequences are divided into where there are fewer heads than threads.</summary>
/// <param name="Count">Parts of a sequence.</param>
internal readonly record struct LinearParts(int Count)
{
    /// <summary>Enough for every thread to have one, and no more than there are blocks.</summary>
    public static LinearParts Of(FusedSizes sizes, int threads) =>
        new(int.Min((threads + sizes.Heads - 1) / sizes.Heads, Blocks(int.Min(sizes.KeyCount, sizes.QueryCount))));

    /// <summary>The steps of a part: whole blocks, so that no part but the last has a short one.</summary>
    public (int From, int To) Range(int steps, int part)
    {
        var blocks = (long)Blocks(steps);
        return (
            int.Min(steps, (int)(blocks * part / Count) * Block.Steps),
            int.Min(steps, (int)(blocks * (part + 1) / Count) * Block.Steps));
    }

    /// <summary>Running sums in place, from the first part of each sequence on.</summary>
    /// <param name="sequences">How many sequences.</param>
    /// <param name="sums">The sum of a part, counted through all sequences.</param>
    public void AddUp<V>(int sequences, Func<int, Numbers<V>> sums)
        where V : struct, IVector<V>
    {
        for (var i = 0; i < sequences * Count; i++)
        {
            if (i % Count > 0)
            {
                sums(i).Add(sums(i - 1));
            }
        }
    }

    /// <summary>The same from the last part on.</summary>
    /// <inheritdoc cref="AddUp"/>
    public void AddUpBackwards<V>(int sequences, Func<int, Numbers<V>> sums)
        where V : struct, IVector<V>
    {
        var last = sequences * Count - 1;
        AddUp(sequences, i => sums(last - i));
    }

    private static int Blocks(int steps) => (steps + Block.Steps - 1) / Block.Steps;
}
