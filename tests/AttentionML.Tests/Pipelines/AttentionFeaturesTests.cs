using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>The encodings of a trained model as a column for other trainers.</summary>
public class AttentionFeaturesTests
{
    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16, Mechanism = AttentionMechanism.LinearElu },
        Training = new() { Epochs = 10, BatchSize = 16, LearningRate = 5e-3 },
    };

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Lazy<AttentionPredictionTransformer> Trained = new(() =>
        Ml.MulticlassClassification.Trainers.Attention(Small).Fit(Keyed(Waves.View(Ml, 120, seed: 1))));

    [Fact]
    public void Encodings_ThroughTheHead_GiveTheScores()
    {
        var view = Ml.Transforms.AttentionFeatures("Encoding", Trained.Value).Fit(Waves.View(Ml, 20, seed: 2)).Transform(Waves.View(Ml, 20, seed: 2));
        var (weight, bias) = (Trained.Value.Model.Elements("head.weight"), Trained.Value.Model.Elements("head.bias"));
        var scores = Trained.Value.Transform(Keyed(Waves.View(Ml, 20, seed: 2))).GetColumn<float[]>("Score");

        Assert.All(view.GetColumn<float[]>("Encoding").Zip(scores), row =>
        {
            var logits = bias.Select((b, c) => b + row.First.Select((value, d) => (double)value * weight[(c * 16) + d]).Sum()).ToArray();
            var sum = logits.Sum(Math.Exp);
            Assert.All(logits.Zip(row.Second), pair => Assert.Equal(Math.Exp(pair.First) / sum, pair.Second, 1e-5));
        });
        Assert.Equal(16, ((VectorDataViewType)view.Schema["Encoding"].Type).Size);
    }

    [Theory]
    [InlineData("SDCA")]
    [InlineData("LightGBM")]
    public void Trainer_OnTheEncodings_TellsWavesApart(string name)
    {
        IEstimator<ITransformer> trainer = name == "SDCA"
            ? Ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Encoding")
            : Ml.MulticlassClassification.Trainers.LightGbm(featureColumnName: "Encoding", minimumExampleCountPerLeaf: 5);
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label").Append(Ml.Transforms.AttentionFeatures("Encoding", Trained.Value)).Append(trainer);

        var scored = pipeline.Fit(Waves.View(Ml, 120, seed: 1)).Transform(Waves.View(Ml, 60, seed: 2));

        Assert.InRange(Ml.MulticlassClassification.Evaluate(scored).MicroAccuracy, 0.9, 1);
    }

    [Fact]
    public void Trainer_InThePipeline_IsTrainedWithItAndInEachFold()
    {
        var features = Ml.Transforms.AttentionFeatures("Encoding", Ml.MulticlassClassification.Trainers.Attention(Small));
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label").Append(features)
            .Append(Ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Encoding"));

        var folds = Ml.MulticlassClassification.CrossValidate(Waves.View(Ml, 90, seed: 1), pipeline, numberOfFolds: 2);
        var once = features.Fit(Keyed(Waves.View(Ml, 120, seed: 1)));

        Assert.InRange(folds.Average(fold => fold.Metrics.MicroAccuracy), 0.7, 1);
        var rows = Waves.View(Ml, 9, seed: 3);
        Assert.Equal(
            Ml.Transforms.AttentionFeatures("Encoding", Trained.Value).Fit(rows).Transform(rows).GetColumn<float[]>("Encoding"),
            once.Transform(rows).GetColumn<float[]>("Encoding"));
    }

    [Fact]
    public void Saved_LoadedAndSavedAgain_GivesTheSameBitsAlsoRowByRow()
    {
        var rows = Waves.View(Ml, 20, seed: 2);
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(Ml.Transforms.AttentionFeatures("Encoding", Trained.Value))
            .Append(Ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Encoding"))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        ITransformer model = pipeline.Fit(rows);
        var expected = model.Transform(rows).GetColumn<float[]>("Encoding").ToArray();

        for (var time = 0; time < 2; time++)
        {
            using var file = new MemoryStream();
            Ml.Model.Save(model, rows.Schema, file);
            model = new MLContext().Model.Load(file, out _);
            Assert.Equal(expected, model.Transform(rows).GetColumn<float[]>("Encoding"));
        }

        using var engine = Ml.Model.CreatePredictionEngine<Waves.Row, Encoded>(model);
        Assert.All(Waves.Rows(20, seed: 2).Zip(expected), pair =>
        {
            var one = engine.Predict(pair.First);
            Assert.All(one.Encoding.Zip(pair.Second), values => Assert.Equal(values.Second, values.First, 1e-4f));
            Assert.Contains(one.PredictedLabel, Waves.Classes);
        });
    }

    [Fact]
    public void WithMechanism_OnAChain_SwapsTheEncoderToo()
    {
        var rows = Waves.View(Ml, 9, seed: 2);
        var chain = Ml.Transforms.AttentionFeatures("Encoding", Trained.Value).Append(Ml.Transforms.NormalizeMinMax("Normal", "Encoding")).Fit(rows);

        var swapped = chain.WithMechanism(AttentionMechanism.Softmax);
        var back = swapped.WithMechanism(AttentionMechanism.LinearElu);

        var encoder = Assert.IsType<AttentionFeaturesTransformer>(((IEnumerable<ITransformer>)swapped).First());
        Assert.Same(AttentionMechanism.Softmax, encoder.Model.Options.Mechanism);
        Assert.NotEqual(chain.Transform(rows).GetColumn<float[]>("Encoding"), swapped.Transform(rows).GetColumn<float[]>("Encoding"));
        Assert.Equal(chain.Transform(rows).GetColumn<float[]>("Encoding"), back.Transform(rows).GetColumn<float[]>("Encoding"));
    }

    [Fact]
    public void Transformer_ModelDisposed_StillEncodes()
    {
        var rows = Waves.View(Ml, 3, seed: 2);
        var trained = Ml.MulticlassClassification.Trainers.Attention(Small with { Training = Small.Training with { Epochs = 1 } })
            .Fit(Keyed(Waves.View(Ml, 30, seed: 1)));
        using var features = Ml.Transforms.AttentionFeatures("Encoding", trained).Fit(rows);

        trained.Dispose();

        Assert.Equal(3, features.Transform(rows).GetColumn<float[]>("Encoding").Count());
    }

    private static IDataView Keyed(IDataView rows) => Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);

    private sealed class Encoded
    {
        public float[] Encoding { get; set; } = [];

        public string PredictedLabel { get; set; } = "";
    }
}
