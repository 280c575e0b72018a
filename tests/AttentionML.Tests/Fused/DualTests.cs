using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

public class DualTests
{
    public static TheoryData<float> Points => [-30, -2.5f, -0.3f, 0.2f, 1.7f, 40];

    [Theory]
    [MemberData(nameof(Points))]
    public void Slope_OfAFunctionOfEveryOperation_IsThatOfCentralDifferences(float x)
    {
        var slope = Value(Everything.Apply(Dual<FloatX1>.Variable(new(x))).Slope);

        var expected = (Everything.Exact(x + 1e-6) - Everything.Exact(x - 1e-6)) / 2e-6;
        Assert.Equal(expected, slope, 1e-4 * Math.Max(1, Math.Abs(expected)));
    }

    [Theory]
    [InlineData(0, 0, 1, 1)]
    [InlineData(-1, 0, 1, 0)]
    [InlineData(1, 1, 0, 1)]
    public void Slope_AtABend_IsTheOneThatTheAlgebraPromises(float x, float relu, float atMost, float atLeast)
    {
        var variable = Dual<FloatX1>.Variable(new(x));

        Assert.Equal(relu, Value(variable.Relu().Slope));
        Assert.Equal(atMost, Value(variable.AtMost(0).Slope));
        Assert.Equal(atLeast, Value(variable.AtLeast(0).Slope));
    }

    private static float Value(FloatX1 x) => x.Sum();

    private readonly struct Everything : IPointwiseFunction
    {
        public static T Apply<T>(T x)
            where T : struct, IPointwise<T> =>
            (x.AtMost(3) * x.AtLeast(-2) + 0.5) / ((x * x + 1.0).Sqrt() + x.Relu()) + (x * 0.01).Exp() * 2.0;

        public static double Exact(double x) =>
            (Math.Min(x, 3) * Math.Max(x, -2) + 0.5) / (Math.Sqrt(x * x + 1) + Math.Max(x, 0)) + 2 * Math.Exp(0.01 * x);
    }
}
