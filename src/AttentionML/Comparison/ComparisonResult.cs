using AttentionML.Tensors;

namespace AttentionML.Comparison;

/// <summary>A measured cell.</summary>
internal sealed record ComparisonResult(ComparisonCurve Curve, int SequenceLength, Cost Cost, Timing Timing, long? PeakMemoryBytes);
