using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

public unsafe class ExponentialTests
{
    // A prime stride over all bit patterns meets every exponent and about a million numbers.
    private const long Stride = 4099;

    [Fact]
    public void Of_AnyNumber_IsWithinTwoUnitsInTheLastPlace()
    {
        Check<FloatX1>();
        Check<FloatX4>();
        Check<FloatX8>();
        Check<FloatX16>();
    }

    private static void Check<V>()
        where V : struct, IVector<V>
    {
        var x = stackalloc float[16];
        var y = stackalloc float[16];
        long worst = 0;
        for (long bits = 0; bits <= uint.MaxValue; bits += Stride)
        {
            new Span<float>(x, 16).Fill(BitConverter.UInt32BitsToSingle((uint)bits));
            V.Load(x).Exp().Store(y);
            var (actual, exact) = (y[V.Count - 1], Math.Exp(x[0]));
            if (float.IsNaN(x[0]))
            {
                Assert.True(float.IsNaN(actual));
            }
            else if (x[0] <= -87.33654f)
            {
                Assert.Equal(0, actual);
            }
            else if (x[0] >= 88.37626f)
            {
                Assert.Equal(float.PositiveInfinity, actual);
            }
            else
            {
                worst = Math.Max(worst, Math.Abs(BitConverter.SingleToInt32Bits(actual) - (long)BitConverter.SingleToInt32Bits((float)exact)));
            }
        }

        Assert.InRange(worst, 0, 2);
    }
}
