using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace CompareAttention.Peers;

/// <summary>The values in the place of attention: what the rest of a model takes, without the backward passes of queries and keys.</summary>
internal sealed class NoAttention : AttentionMechanism
{
    public override string Name => "none";

    public override string Paper => "None: a reference of this comparison.";

    public override int CostExponent => 1;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => values;
}
