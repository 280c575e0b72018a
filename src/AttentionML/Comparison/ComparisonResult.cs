using AttentionML.Measuring;
using AttentionML.Tensors;

namespace AttentionML.Comparison;

/// <summary>A timed cell.</summary>
internal sealed record ComparisonResult(ComparisonCurve Curve, int SequenceLength, Cost Cost, Timing Timing);
