using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace CompareAttention.Peers;

/// <summary>The values in the place of attention, or queries + keys + values: what the rest of a model takes.</summary>
/// <param name="addsQueriesAndKeys">
/// Whether gradients reach queries and keys; the values alone spare a training step the backward passes of two projections.
/// </param>
internal sealed class NoAttention(bool addsQueriesAndKeys) : AttentionMechanism
{
    public override string Name => addsQueriesAndKeys ? "sum" : "none";

    public override string Paper => "None: a reference of this comparison.";

    public override int CostExponent => 1;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) =>
        addsQueriesAndKeys ? queries + keys + values : values;
}
