namespace AttentionML.Comparison;

/// <summary>One batch of rows, head beside head as ML.NET and ONNX take them.</summary>
/// <param name="Queries">[N, L, H·d]; zeros behind a row's own length.</param>
/// <param name="Keys">Likewise.</param>
/// <param name="Values">Likewise.</param>
/// <param name="Lengths">Each row's own length, [N].</param>
/// <param name="SequenceLength">L.</param>
internal sealed record ComparisonInputs(float[] Queries, float[] Keys, float[] Values, int[] Lengths, int SequenceLength)
{
    public int BatchSize => Lengths.Length;

    public bool IsPadded => Lengths.Any(length => length < SequenceLength);

    /// <summary>H·d.</summary>
    public int Width => Queries.Length / (BatchSize * SequenceLength);

    /// <summary>1 for a step, 0 for padding, [N, L].</summary>
    public float[] Mask()
    {
        var mask = new float[BatchSize * SequenceLength];
        for (var row = 0; row < BatchSize; row++)
        {
            mask.AsSpan(row * SequenceLength, Lengths[row]).Fill(1);
        }

        return mask;
    }
}
