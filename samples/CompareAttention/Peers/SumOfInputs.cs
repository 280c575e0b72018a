using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace CompareAttention.Peers;

/// <summary>
/// Queries + keys + values in the place of attention: what the rest of a model takes, the backward passes of all three projections included, and a
/// little more.
/// </summary>
internal sealed class SumOfInputs : AttentionMechanism
{
    public override string Name => "sum";

    public override string Paper => "None: a reference of this comparison.";

    public override int CostExponent => 1;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => queries + keys + values;
}
