using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>eˣ in single precision over any vector: within 2 units in the last place of the exact value.</summary>
/// <remarks>
/// x = n ln 2 + r with |r| ≤ ln 2 / 2; eʳ by a polynomial of degree 6 with a relative error of 6e-9 (minimax, exact at 0), times 2ⁿ. Results
/// below the smallest normal number (x &lt; −87.33) are 0, results above 2¹²⁷ · √2 (x &gt; 88.37) are infinite, NaN stays.
/// </remarks>
internal static class Exponential
{
    // Adding it leaves n in the lowest bits.
    private const float Shift = 1.5f * (1 << 23);
    private const float Infinite = 88.37626f;
    private const float Zero = -87.33654f;

    // ln 2 in two parts, the first short enough for n · High to be exact.
    private const float High = 0.693359375f;
    private const float Low = -2.12194440e-4f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Of<T>(T x)
        where T : struct, IVector<T>
    {
        var shifted = T.MultiplyAdd(x, T.Create(1.44269504f), T.Create(Shift));
        var n = shifted - T.Create(Shift);
        var r = T.MultiplyAdd(n, T.Create(-High), x);
        r = T.MultiplyAdd(n, T.Create(-Low), r);

        var p = Polynomial(r, 1, 0.49999997f, 0.16666506f, 0.04166709f, 0.0083703f, 0.0013893407f);
        var y = T.WhereAtMost(T.Create(Infinite), x, T.Create(float.PositiveInfinity), p * T.PowerOfTwo(shifted));
        return T.WhereAtMost(x, T.Create(Zero), T.Create(0), y);
    }

    /// <summary>2ˣ for x ≤ 126, within 1 unit in the last place of the exact value.</summary>
    /// <remarks>
    /// x = n + r with |r| ≤ 1/2; 2ʳ by a polynomial of degree 6 with a relative error of 2e-8 (minimax, exact at 0), times 2ⁿ. Results up to the
    /// smallest normal number (x ≤ −126) are 0, NaN stays.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp2<T>(T x)
        where T : struct, IVector<T>
    {
        var shifted = x + T.Create(Shift);
        var r = x - (shifted - T.Create(Shift));

        var p = Polynomial(r, 0.69314724f, 0.24022652f, 0.055503103f, 0.009617693f, 0.0013406643f, 0.00015594678f);
        return T.WhereAtMost(x, T.Create(-126), T.Create(0), p * T.PowerOfTwo(shifted));
    }

    // 1 + c₁ r + … + c₆ r⁶.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Polynomial<T>(T r, float c1, float c2, float c3, float c4, float c5, float c6)
        where T : struct, IVector<T>
    {
        var p = T.MultiplyAdd(T.Create(c6), r, T.Create(c5));
        p = T.MultiplyAdd(p, r, T.Create(c4));
        p = T.MultiplyAdd(p, r, T.Create(c3));
        p = T.MultiplyAdd(p, r, T.Create(c2));
        p = T.MultiplyAdd(p, r, T.Create(c1));
        return T.MultiplyAdd(p, r, T.Create(1));
    }
}
