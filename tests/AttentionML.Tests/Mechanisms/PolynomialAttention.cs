using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Mechanisms;

/// <summary>A mechanism from outside the library, one file: weights 1 + (q·k)² / d. CONTRIBUTING.md walks through it.</summary>
public sealed class PolynomialAttention : AttentionMechanism
{
    public override string Name => "polynomial";

    public override string Paper => "Choromanski et al. 2021, section 2, https://arxiv.org/abs/2009.14794 (kernels other than softmax)";

    public override int CostExponent => 2;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
    {
        var scores = (queries * (1 / Math.Sqrt(queries.Width))).MatMul(keys.Transpose()); // [N, H, L, S]
        var weights = inputs.HideScores(scores * scores + 1, 0);
        if (!inputs.Causal)
        {
            return weights.MatMul(values) / weights.Sum(-1).AtLeast(1e-6);                // [N, H, L, m]
        }

        weights = weights.LowerTriangle();
        return weights.WeighPast(values) / weights.Sum(-1).AtLeast(1e-6);
    }
}
