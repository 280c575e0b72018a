namespace AttentionML.Comparison;

/// <summary>Curves that are measured together, in the same rounds.</summary>
internal sealed record ComparisonGroup(int SequenceLength, bool Causal, IReadOnlyList<ComparisonCurve> Curves);
