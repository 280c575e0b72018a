using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Mechanisms;

/// <summary>A mechanism from outside the library, one file: weights relu(q·k / √d). CONTRIBUTING.md walks through it.</summary>
public sealed class RectifiedAttention : AttentionMechanism
{
    public override string Name => "rectified";

    public override string Paper => "Wortsman et al. 2023, eq. 2, https://arxiv.org/abs/2309.08586 (normalised by the sum in place of L)";

    public override int CostExponent => 2;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
    {
        var scores = (queries * (1 / Math.Sqrt(queries.Width))).MatMul(keys.Transpose()); // [N, H, L, S]
        var weights = inputs.HideScores(scores.Relu(), 0);
        if (!inputs.Causal)
        {
            return weights.MatMul(values) / weights.Sum(-1).AtLeast(1e-6);                // [N, H, L, m]
        }

        weights = weights.LowerTriangle();
        return weights.WeighPast(values) / weights.Sum(-1).AtLeast(1e-6);
    }
}
