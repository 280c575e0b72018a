namespace AttentionML.Pipelines;

/// <summary>What a scorer computed for some rows. Owns its memory.</summary>
internal interface ISequenceScores : IDisposable
{
    /// <summary>One row of one output, without padding.</summary>
    /// <param name="output">The output's place in <see cref="ISequenceScorer.GetOutputs"/>.</param>
    /// <param name="row">The row's place in what was scored.</param>
    /// <returns>The bytes of the values, valid until this object is disposed.</returns>
    ReadOnlySpan<byte> Row(int output, int row);
}
