using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Export;

/// <summary>A planted mistake: the mean of the values, and in a graph a little more.</summary>
internal sealed class TwoFacedAttention : AttentionMechanism
{
    public override string Name => "two-faced";

    public override string Paper => "None.";

    public override int CostExponent => 2;

    public override AttentionDirections Directions => AttentionDirections.Bidirectional;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
    {
        var weights = (queries.MatMul(keys.Transpose()) * 0).Softmax();
        var mean = weights.MatMul(values);
        return typeof(T) == typeof(OnnxTensor) ? mean * 1.0001 : mean;
    }
}
