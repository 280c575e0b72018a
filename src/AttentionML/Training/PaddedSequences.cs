namespace AttentionML.Training;

/// <summary>Sequences side by side, [N, L, F], the shorter ones filled up with zeros at their end.</summary>
/// <param name="Values">The values, row-major; borrowed from a <see cref="SequenceBatch"/>.</param>
/// <param name="Lengths">The steps that each sequence has, N of them.</param>
/// <param name="Longest">L, the steps of the longest.</param>
/// <param name="StepWidth">F, the values of one step.</param>
internal readonly record struct PaddedSequences(ArraySegment<float> Values, int[] Lengths, int Longest, int StepWidth)
{
    /// <summary>N.</summary>
    public int Count => Lengths.Length;

    /// <summary>Whether nothing is padded.</summary>
    public bool IsUniform => Lengths.AsSpan().IndexOfAnyExcept(Longest) < 0;
}
