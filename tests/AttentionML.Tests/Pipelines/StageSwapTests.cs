using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>What a pipeline keeps when its attention is swapped.</summary>
public class StageSwapTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 },
        Training = new() { Epochs = 1 },
    };

    [Fact]
    public void WithMechanism_OnAChainWithScopes_KeepsThemAlsoSavedAndInChainsWithin()
    {
        var rows = Waves.View(Ml, 12, seed: 1);
        var key = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows);
        var inner = new TransformerChain<ITransformer>(
            [key, Ml.MulticlassClassification.Trainers.Attention(Small).Fit(key.Transform(rows))], [TransformerScope.TrainTest, TransformerScope.Everything]);
        var chain = new TransformerChain<ITransformer>(
            [inner, Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(inner.Transform(rows))], [TransformerScope.Everything, TransformerScope.Scoring]);
        using var file = new MemoryStream();

        var swapped = Assert.IsType<TransformerChain<ITransformer>>(chain.WithMechanism(AttentionMechanism.LinearElu));
        Ml.Model.Save(swapped, null, file);
        var loaded = Assert.IsType<TransformerChain<ITransformer>>(Ml.Model.Load(file, out _));

        Assert.All([chain, swapped, loaded], one =>
        {
            Assert.Equal(["TransformerChain`1", "KeyToValueMappingTransformer"], Names(one, TransformerScope.Scoring));
            Assert.Equal(["TransformerChain`1"], Names(one, TransformerScope.TrainTest));
            Assert.Equal(["AttentionPredictionTransformer"], Names((TransformerChain<ITransformer>)one.First(), TransformerScope.Scoring));
        });
    }

    private static IEnumerable<string> Names(TransformerChain<ITransformer> chain, TransformerScope scope) =>
        chain.GetModelFor(scope).Select(stage => stage.GetType().Name);
}
