using AttentionML.Models;
using static TorchSharp.torch;

namespace AttentionML.Tests.Models;

public class AttentionModelTests
{
    private static readonly AttentionModelOptions Features = new() { FeatureCount = 3, ModelDimension = 8, HeadCount = 2, LayerCount = 1 };
    private static readonly AttentionModelOptions Tokens = Features with { Embedding = InputEmbedding.Tokens, VocabularySize = 5, FeatureCount = 1 };

    [Theory]
    [InlineData(2L, 5L)]
    [InlineData(2L, 5L, 4L)]
    [InlineData(1L, 2L, 5L, 3L)]
    public void Forward_OtherShapeThanTheFeatures_SaysWhichFits(params long[] shape)
    {
        using var scope = NewDisposeScope();
        using var model = AttentionModel.Create(Features, new(2), seed: 1);

        var error = Assert.Throws<ArgumentException>(() => model.Forward(zeros(shape)));

        Assert.Contains($"[{string.Join(", ", shape)}]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[N, L, 3]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Encode(zeros(shape)));
    }

    [Fact]
    public void Forward_TokensWithFeatures_SaysWhichFits()
    {
        using var scope = NewDisposeScope();
        using var model = AttentionModel.Create(Tokens, new(2), seed: 1);

        var error = Assert.Throws<ArgumentException>(() => model.Forward(zeros(2, 5, 1)));

        Assert.Contains("tokens [N, L]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2L, 4L)]
    [InlineData(1L, 5L)]
    [InlineData(2L, 5L, 1L)]
    public void Forward_MaskOfOtherSize_SaysWhichFits(params long[] shape)
    {
        using var scope = NewDisposeScope();
        using var model = AttentionModel.Create(Features, new(2), seed: 1);

        var error = Assert.Throws<ArgumentException>(() => model.Forward(zeros(2, 5, 3), ones(shape)));

        Assert.Contains("[2, 5]", error.Message, StringComparison.Ordinal);
    }
}
