using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

public unsafe class ExponentialTests
{
    // A prime stride over all bit patterns meets every exponent and about a million numbers.
    private const long Stride = 4099;

    private delegate T Function<T>(T x);

    [Fact]
    public void Of_AnyNumber_IsWithinTwoUnitsInTheLastPlace()
    {
        CheckOf<FloatX1>();
        CheckOf<FloatX4>();
        CheckOf<FloatX8>();
        CheckOf<FloatX16>();
    }

    [Fact]
    public void Exp2_AnyNumberUpTo126_IsWithinOneUnitInTheLastPlace()
    {
        CheckExp2<FloatX1>();
        CheckExp2<FloatX4>();
        CheckExp2<FloatX8>();
        CheckExp2<FloatX16>();
    }

    // A sum that need not shrink is multiplied by 2⁰, and has to stay as it is.
    [Fact]
    public void Exp2_WholeNumbers_AreExact()
    {
        for (var x = -125; x <= 126; x++)
        {
            Assert.Equal(MathF.ScaleB(1, x), Exponential.Exp2(new FloatX1(x)).Sum());
        }
    }

    private static void CheckOf<V>()
        where V : struct, IVector<V> => Check<V>(Exponential.Of, Math.Exp, zero: -87.33654f, infinite: 88.37626f, within: 2);

    private static void CheckExp2<V>()
        where V : struct, IVector<V> => Check<V>(Exponential.Exp2, x => Math.Pow(2, x), zero: -126, infinite: null, within: 1);

    private static void Check<V>(Function<V> function, Func<double, double> exact, float zero, float? infinite, long within)
        where V : struct, IVector<V>
    {
        var x = stackalloc float[16];
        var y = stackalloc float[16];
        long worst = 0;
        for (long bits = 0; bits <= uint.MaxValue; bits += Stride)
        {
            new Span<float>(x, 16).Fill(BitConverter.UInt32BitsToSingle((uint)bits));
            if (infinite is null && x[0] > 126)
            {
                continue;
            }

            function(V.Load(x)).Store(y);
            var actual = y[V.Count - 1];
            if (float.IsNaN(x[0]))
            {
                Assert.True(float.IsNaN(actual));
            }
            else if (x[0] <= zero)
            {
                Assert.Equal(0, actual);
            }
            else if (x[0] >= infinite)
            {
                Assert.Equal(float.PositiveInfinity, actual);
            }
            else
            {
                worst = Math.Max(worst, Math.Abs(BitConverter.SingleToInt32Bits(actual) - (long)BitConverter.SingleToInt32Bits((float)exact(x[0]))));
            }
        }

        Assert.InRange(worst, 0, within);
    }
}
