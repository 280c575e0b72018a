namespace AttentionML.Comparison;

/// <summary>How far a comparison is.</summary>
/// <param name="Part">The part done, from 0 to 1.</param>
/// <param name="Doing">What is being done.</param>
/// <param name="Report">Everything measured so far, where that has grown; else null.</param>
public sealed record ComparisonProgress(double Part, string Doing, ComparisonReport? Report = null);
