using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tests.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>A small model of each prediction, trained for an epoch on waves, and the same waves as ML.NET columns of each kind.</summary>
internal static class TrainedModels
{
    public const int FixedLength = 24;

    private static readonly MLContext Ml = new(seed: 1);

    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16 },
        Training = new() { Epochs = 1, BatchSize = 16, LearningRate = 5e-3 },
    };

    private static readonly Dictionary<string, Lazy<AttentionPredictionTransformer>> Models = new()
    {
        ["multiclass"] = new(() => Multiclass(Small)),
        ["binary"] = new(() => Ml.BinaryClassification.Trainers.Attention(Small).Fit(View(48, row => new Flagged { Features = row.Features, Label = row.Label == "saw" }))),
        ["regression"] = new(() => Ml.Regression.Trainers.Attention(Small).Fit(View(48, row => new Numbered { Features = row.Features, Label = 1000 + 50 * row.Features[0] }))),
        ["regression of several"] = new(() => Ml.Regression.Trainers.Attention(Small).Fit(
            View(48, row => new Vectored { Features = row.Features, Label = [row.Features[0], 1e-3f * row.Features[1], 1e6f + row.Features[2]] }))),
    };

    private static readonly Lazy<AttentionPredictionTransformer> CausalClassifier = new(() => Multiclass(Small with { Model = Small.Model with { Causal = true } }));

    public static IEnumerable<string> Names => Models.Keys;

    public static AttentionPredictionTransformer Get(string name, AttentionMechanism mechanism) => Models[name].Value.WithMechanism(mechanism);

    /// <summary>A small classifier, with the weights that one mechanism was trained to.</summary>
    public static AttentionPredictionTransformer Classifier(AttentionMechanism mechanism, bool causal) =>
        (causal ? CausalClassifier.Value : Models["multiclass"].Value).WithMechanism(mechanism);

    /// <summary>A regression with random weights.</summary>
    public static AttentionPredictionTransformer Untrained(AttentionModelOptions model, string featureColumnName = "Features") => new(
        new() { Model = model, FeatureColumnName = featureColumnName },
        RandomModel.Create(model, new(1, AreScaled: true)),
        new RegressionPrediction(1, isVector: false),
        new VectorDataViewType(NumberDataViewType.Single));

    public static AttentionPredictionTransformer Multiclass(AttentionTrainerOptions options)
    {
        var rows = View(48, row => row);
        return Ml.MulticlassClassification.Trainers.Attention(options).Fit(Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows));
    }

    public static float[][] Sequences { get; } = [.. Waves.Rows(9, seed: 7).Select(row => row.Features)];

    private static IDataView View<T>(int count, Func<Waves.Row, T> row)
        where T : class => Ml.Data.LoadFromEnumerable(Waves.Rows(count, seed: 1).Select(row));

    private sealed class Flagged
    {
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Numbered
    {
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class Vectored
    {
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Label { get; set; } = [];
    }
}
