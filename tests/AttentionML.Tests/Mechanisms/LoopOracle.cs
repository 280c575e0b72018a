namespace AttentionML.Tests.Mechanisms;

/// <summary>
/// The definition of each mechanism, weight by weight, in double precision: o_i = Σ_j w(q_i, k_j) v_j / denominator. It shares nothing
/// with the library, and needs no kernel trick, no chunks and no shift against overflow.
/// </summary>
internal static class LoopOracle
{
    private delegate double Pairwise(ReadOnlySpan<double> query, ReadOnlySpan<double> key);

    /// <summary>Attends one sequence and head.</summary>
    /// <param name="mechanism">The name.</param>
    /// <param name="q">Queries, [L, d].</param>
    /// <param name="k">Keys, [S, d].</param>
    /// <param name="v">Values, [S, m].</param>
    /// <param name="visible">Which keys may be seen, [S].</param>
    /// <param name="causal">Whether query i sees keys 0…i only.</param>
    public static double[][] Attend(string mechanism, double[][] q, double[][] k, double[][] v, bool[] visible, bool causal)
    {
        var (weight, addedToDenominator) = Definition(mechanism);
        var output = new double[q.Length][];
        for (var i = 0; i < q.Length; i++)
        {
            var sum = new double[v[0].Length];
            var denominator = addedToDenominator;
            for (var j = 0; j < k.Length; j++)
            {
                if (!visible[j] || (causal && j > i))
                {
                    continue;
                }

                var w = weight(q[i], k[j]);
                denominator += w;
                for (var c = 0; c < sum.Length; c++)
                {
                    sum[c] += w * v[j][c];
                }
            }

            output[i] = denominator == 0 ? sum : [.. sum.Select(s => s / denominator)];
        }

        return output;
    }

    private static (Pairwise Weight, double AddedToDenominator) Definition(string mechanism) => mechanism switch
    {
        "softmax" => ((q, k) => Math.Exp(Dot(q, k) / Math.Sqrt(q.Length)), 0),
        "linear-relu" => (Features(x => Math.Max(x, 0)), 1e-6),
        "linear-elu" => (Features(x => x > 0 ? x + 1 : Math.Exp(x)), 0),
        "linear-relu-positive" => (Features(x => Math.Max(x, 0) + 1e-3), 0),
        "rectified" => ((q, k) => Math.Max(Dot(q, k) / Math.Sqrt(q.Length), 0), 0),
        _ => throw new ArgumentException($"The oracle does not define '{mechanism}'; write its weight here.", nameof(mechanism)),
    };

    private static Pairwise Features(Func<double, double> map) => (q, k) =>
    {
        var sum = 0.0;
        for (var i = 0; i < q.Length; i++)
        {
            sum += map(q[i]) * map(k[i]);
        }

        return sum;
    };

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }
}
