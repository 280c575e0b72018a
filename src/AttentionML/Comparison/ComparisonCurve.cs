using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>One curve of a comparison: a mechanism in one form, at one stage, in one direction, over the lengths.</summary>
internal sealed record ComparisonCurve(AttentionMechanism Mechanism, string Form, string Stage, bool Causal)
{
    public override string ToString() => $"{Mechanism} {Form}, {Stage}{(Causal ? ", causal" : "")}";
}
