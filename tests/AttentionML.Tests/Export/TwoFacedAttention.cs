using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Export;

/// <summary>A planted mistake: the mean of the values, and in one interpreter a little more.</summary>
/// <param name="interpreter">The interpreter; null means a graph.</param>
/// <param name="onlyMasked">Whether it is right without a mask.</param>
internal sealed class TwoFacedAttention(Type? interpreter = null, bool onlyMasked = false) : AttentionMechanism
{
    public override string Name => "two-faced";

    public override string Paper => "None.";

    public override int CostExponent => 2;

    public override AttentionDirections Directions => AttentionDirections.Bidirectional;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
    {
        var weights = (queries.MatMul(keys.Transpose()) * 0).Softmax();
        var mean = weights.MatMul(values);
        return typeof(T) == (interpreter ?? typeof(OnnxTensor)) && (inputs.Visible is not null || !onlyMasked) ? mean * 1.0001 : mean;
    }
}
