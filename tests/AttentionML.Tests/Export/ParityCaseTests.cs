using AttentionML.Export;

namespace AttentionML.Tests.Export;

public class ParityCaseTests
{
    [Fact]
    public void Compare_SmallOutputs_IsAbsolute() => Assert.Equal(0.25, ParityCase.Compare(new(1, 2, 2), [0, 0.5f], [0, 0.25f]).Error);

    [Fact]
    public void Compare_LargeOutputs_IsRelativeToTheLargest()
    {
        var compared = ParityCase.Compare(new(1, 3, 3), [1, -100, 5], [2, -100, 7]);

        Assert.Equal(0.02, compared.Error);
        Assert.Equal((5, 7), (compared.Expected, compared.Actual));
    }

    [Theory]
    [InlineData(1, float.NaN)]
    [InlineData(float.NaN, 1)]
    [InlineData(float.NaN, float.NaN)]
    public void Compare_NaNAnywhere_IsNeverWithinATolerance(float expected, float actual)
    {
        var compared = ParityCase.Compare(new(1, 3, 3), [0, expected, 1], [0, actual, 9]);

        Assert.Equal(double.NaN, compared.Error);
        Assert.Equal((expected, actual), ((float)compared.Expected, (float)compared.Actual));
    }
}
