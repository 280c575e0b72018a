namespace AttentionML.Pipelines;

/// <summary>A column of sequences that a scorer reads.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="StepWidth">The values of one step; a row holds a whole number of steps.</param>
internal sealed record SequenceInput(string Name, int StepWidth);
