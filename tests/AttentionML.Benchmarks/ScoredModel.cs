using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Benchmarks;

/// <summary>A model whose scoring is timed, exported for one length and for open ones.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Width">The values of a step.</param>
/// <param name="Output">The output that is read.</param>
/// <param name="Export">Writes it; takes the path.</param>
internal sealed record ScoredModel(string Name, int Width, string Output, Action<string> Export)
{
    /// <summary>Those of the table, for a mechanism.</summary>
    public static IEnumerable<ScoredModel> For(AttentionMechanism mechanism)
    {
        yield return new("attention, d = 8", 8, "attention", path => mechanism.ExportOnnx(
            path, new AttentionOnnxOptions { HeadCount = 1, HeadDimension = 8, SelfAttention = true }));
        yield return Classifier("classifier, 1 layer, d = 8", new()
        {
            FeatureCount = 1,
            ModelDimension = 8,
            HeadCount = 1,
            LayerCount = 1,
            FeedForwardDimension = 16,
            Mechanism = mechanism,
        });
        yield return Classifier("classifier, default", new() { FeatureCount = 1, Mechanism = mechanism });
    }

    /// <summary>A classifier of three classes; its weights do not matter for the time.</summary>
    public static AttentionPredictionTransformer Train(AttentionModelOptions options)
    {
        var ml = new MLContext(1);
        var random = new Random(1);
        var rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 16).Select(row => new Row
        {
            Features = [.. Enumerable.Range(0, 16 * options.FeatureCount).Select(_ => random.NextSingle())],
            Label = $"{row % 3}",
        }));
        var keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
        return ml.MulticlassClassification.Trainers
            .Attention(new AttentionTrainerOptions { Model = options, Training = new TrainingOptions { Epochs = 1 } }).Fit(keyed);
    }

    private static ScoredModel Classifier(string name, AttentionModelOptions options) =>
        new(name, options.FeatureCount, "Score", path => Train(options).ExportOnnx(path));

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
