using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace ClassifyText;

/// <summary>Attention removed: each step gets its own value and looks at no other. What is left of a model knows words but no company.</summary>
internal sealed class NoAttention : AttentionMechanism
{
    public override string Name => "none";

    public override string Paper => "None: the control of this comparison.";

    public override int CostExponent => 1;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => values;
}
