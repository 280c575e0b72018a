using AttentionML.Training;

namespace AttentionML.Pipelines;

/// <summary>An engine and what it computes: some columns of sequences in, some columns out. Instances may be shared by threads.</summary>
internal interface ISequenceScorer
{
    /// <summary>The columns it reads, each once.</summary>
    IReadOnlyList<SequenceInput> Inputs { get; }

    /// <summary>The columns it gives.</summary>
    /// <param name="lengths">The steps that each input has in every row; 0 where that differs from row to row.</param>
    IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths);

    /// <summary>Why inputs of these lengths do not go together in one row; null if they do.</summary>
    /// <param name="lengths">The steps of each input; 0 where that is not known yet.</param>
    string? Refuse(ReadOnlySpan<int> lengths);

    /// <summary>An estimate of the memory that scoring one row touches, in bytes.</summary>
    /// <param name="lengths">The steps of each input.</param>
    double WorkingBytes(ReadOnlySpan<int> lengths);

    /// <summary>Whether rows of nearly one length may come padded to one; otherwise those that are scored together have equal lengths.</summary>
    bool Pads => true;

    /// <summary>Scores some rows at once.</summary>
    /// <param name="inputs">The rows of each input; borrowed for the length of the call.</param>
    ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs);
}
