namespace ScoreSeries;

/// <summary>What to score.</summary>
/// <param name="Model">The exported model, an ONNX file.</param>
/// <param name="Inputs">The files to score, in order.</param>
/// <param name="Output">The folder for the scores.</param>
/// <param name="RowsPerPart">The cases of one part.</param>
/// <param name="Shards">The processes that share the work.</param>
/// <param name="ShardIndex">Which of them this is, from 0.</param>
internal sealed record ScoreOptions(string Model, IReadOnlyList<string> Inputs, string Output, int RowsPerPart, int Shards, int ShardIndex);
