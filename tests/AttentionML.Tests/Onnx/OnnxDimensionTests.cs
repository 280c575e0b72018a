using AttentionML.Onnx;

namespace AttentionML.Tests.Onnx;

public class OnnxDimensionTests
{
    private static readonly OnnxDimension Batch = "batch";
    private static readonly OnnxDimension Length = "length";

    [Fact]
    public void Equality_OfProducts_IgnoresTheOrder() => Assert.Equal(Batch * 3 * Length, Length * Batch * 3);

    [Fact]
    public void Equality_OfTwoSymbols_IsNotTaken() => Assert.NotEqual(Batch, Length);

    [Fact]
    public void Divide_ByAFactor_LeavesTheOthers() => Assert.Equal(Batch * 2, Batch * Length * 6 / (Length * 3));

    [Theory]
    [InlineData(6, 4)]
    [InlineData(6, 0)]
    public void Divide_WithARestOrByZero_GivesNull(int size, int divisor) => Assert.Null(Length * size / divisor);

    [Fact]
    public void Divide_BySomethingElse_GivesNull() => Assert.Null(Batch * 6 / Length);

    [Theory]
    [InlineData(1, 64)]
    [InlineData(63, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    public void RoundUp_OfANumber_IsTheNextMultiple(int size, int expected) =>
        Assert.Equal(expected, ((OnnxDimension)size).RoundUp(64));

    [Fact]
    public void RoundUp_OfASymbol_IsAMultipleAndStaysOne()
    {
        var padded = Length.RoundUp(64);

        Assert.Equal(padded, padded.RoundUp(64));
        Assert.Equal(padded, Length.RoundUp(64));
        Assert.NotEqual(padded, Batch.RoundUp(64));
        Assert.Equal("ceil(length/64)", (padded / 64)!.Value.ToString());
    }
}
