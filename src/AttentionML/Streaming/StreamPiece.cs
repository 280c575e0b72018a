namespace AttentionML.Streaming;

/// <summary>The next steps of one of several sequences.</summary>
/// <param name="Stream">The sequence.</param>
/// <param name="Steps">L · <see cref="StreamingAttention.StepWidth"/> values, step after step; at least one step.</param>
public readonly record struct StreamPiece(StreamedSequence Stream, ReadOnlyMemory<float> Steps);
