using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

public class PowerLawTests
{
    [Theory]
    [InlineData(1, 0.001)]
    [InlineData(2, 3)]
    [InlineData(1.5, 1e6)]
    public void Fit_ExactLaw_GivesItsExponent(double exponent, double factor)
    {
        var law = PowerLaw.Fit([.. new[] { 1024.0, 2048, 4096 }.Select(x => (x, factor * Math.Pow(x, exponent)))]);

        Assert.Equal(exponent, law!.Value.Slope, 1e-9);
        Assert.Equal(1, law.Value.R2, 1e-9);
    }

    // By hand: log₂ points (0,0), (1,2), (2,2): slope 1, residual 2/3 of 8/3.
    [Fact]
    public void Fit_PointsBesideALine_GivesTheirR2()
    {
        var law = PowerLaw.Fit([(1, 1), (2, 4), (4, 4)])!.Value;

        Assert.Equal(1, law.Slope, 1e-9);
        Assert.Equal(0.75, law.R2, 1e-9);
    }

    [Fact]
    public void Fit_TwoPoints_IsNull() => Assert.Null(PowerLaw.Fit([(1, 1), (2, 2)]));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void Fit_NotAboveZero_Throws(double y) =>
        Assert.Throws<ArgumentException>(() => PowerLaw.Fit([(1, 1), (2, y), (3, 1)]));

    [Fact]
    public void Fit_OneX_Throws() => Assert.Throws<ArgumentException>(() => PowerLaw.Fit([(2, 1), (2, 2), (2, 3)]));

    // x against x²/64 cross at 64.
    [Fact]
    public void Crossover_BetweenPoints_IsInterpolatedOnLogs()
    {
        var lengths = new[] { 16.0, 32, 128, 256 };

        Assert.Equal(64, PowerLaw.Crossover([.. lengths.Select(x => (x, x, x * x / 64))])!.Value, 1e-9);
    }

    [Fact]
    public void Crossover_NeverBelow_IsNull() => Assert.Null(PowerLaw.Crossover([(16, 2, 1), (32, 1, 1)]));

    [Fact]
    public void Crossover_BelowFromTheStart_IsTheShortestLength() => Assert.Equal(16, PowerLaw.Crossover([(16, 1, 2), (32, 1, 4)]));

    [Fact]
    public void Crossover_SeveralCrossings_IsTheLast()
    {
        var crossover = PowerLaw.Crossover([(1, 1, 2), (2, 2, 1), (8, 1, 2)])!.Value;

        Assert.Equal(4, crossover, 1e-9);
    }
}
