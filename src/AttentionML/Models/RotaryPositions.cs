using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>Turns pairs of features by angles that grow with the position (Su et al. 2021, eq. 34, https://arxiv.org/abs/2104.09864).</summary>
internal static class RotaryPositions
{
    private const string Frequencies = "rotary.frequencies";
    private const string QuarterTurn = "rotary.quarter_turn";

    public static IEnumerable<ModelWeight> Weights(int headDimension)
    {
        var half = headDimension / 2;
        var frequencies = new float[headDimension];
        var quarterTurn = new float[headDimension * headDimension]; // (a, b) → (−b, a), as x · R
        for (var i = 0; i < half; i++)
        {
            frequencies[i] = frequencies[i + half] = (float)Math.Pow(10_000, -(double)i / half);
            quarterTurn[(i + half) * headDimension + i] = -1;
            quarterTurn[i * headDimension + i + half] = 1;
        }

        return
        [
            new(Frequencies, [headDimension], new WeightStart.Elements(frequencies), IsTrained: false),
            new(QuarterTurn, [headDimension, headDimension], new WeightStart.Elements(quarterTurn), IsTrained: false),
        ];
    }

    /// <summary>[N, H, L, d] → [N, H, L, d].</summary>
    public static T Turn<T>(T heads, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var angles = pass.Positions(heads, 2) * pass.Weight(Frequencies);            // [1, 1, L, d]
        return heads * angles.Cos() + heads.MatMul(pass.Weight(QuarterTurn)) * angles.Sin();
    }
}
