namespace AttentionML.Training;

/// <summary>Sequences side by side, [N, L, F], the shorter ones filled up with zeros at their end.</summary>
/// <param name="Storage">The array that holds the values, row-major; borrowed from a <see cref="SequenceBatch"/>.</param>
/// <param name="Offset">Where they begin in it.</param>
/// <param name="Lengths">The steps that each sequence has, N of them.</param>
/// <param name="Longest">L, the steps of the longest.</param>
/// <param name="StepWidth">F, the values of one step.</param>
internal readonly record struct PaddedSequences(Array Storage, int Offset, int[] Lengths, int Longest, int StepWidth)
{
    /// <summary>N.</summary>
    public int Count => Lengths.Length;

    /// <summary>Whether nothing is padded.</summary>
    public bool IsUniform => Lengths.AsSpan().IndexOfAnyExcept(Longest) < 0;

    /// <summary>The values, N · L · F.</summary>
    /// <typeparam name="T">What they are.</typeparam>
    public ArraySegment<T> Values<T>() => new((T[])Storage, Offset, Count * Longest * StepWidth);
}
