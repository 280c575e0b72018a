namespace AttentionML.Comparison;

/// <summary>A cell that was not measured.</summary>
/// <param name="Mechanism">The mechanism's name.</param>
/// <param name="Form"><c>formula</c> or <c>fused</c>.</param>
/// <param name="Stage"><c>mechanism</c>, <c>pipeline</c> or <c>onnx</c>.</param>
/// <param name="Causal">Whether a query was to see only its own and earlier positions.</param>
/// <param name="SequenceLength">Steps in each sequence.</param>
/// <param name="What">What was left out: <c>time</c> (and with it everything) or <c>memory</c>.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedCell(
    string Mechanism, string Form, string Stage, bool Causal, int SequenceLength, string What, string Reason)
{
    internal static SkippedCell Of(ComparisonCurve curve, int length, string what, string reason) =>
        new(curve.Mechanism.Name, curve.Form, curve.Stage, curve.Causal, length, what, reason);
}
