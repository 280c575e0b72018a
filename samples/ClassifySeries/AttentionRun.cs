using System.Diagnostics;
using AttentionML.Data;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ClassifySeries;

/// <summary>Trains one model and judges it on the test rows.</summary>
internal static class AttentionRun
{
    private static readonly TimeSpan ScoringTime = TimeSpan.FromSeconds(0.5);

    /// <summary>Trains, judges, and stores the model.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="options">How to train; the model takes its channels from the set.</param>
    /// <param name="journal">What the options report to.</param>
    /// <param name="directory">Where <c>model-MECHANISM.zip</c> goes; null stores no model.</param>
    /// <exception cref="OperationCanceledException">The options' token ended the training.</exception>
    public static Run Make(SeriesSet set, AttentionTrainerOptions options, RunJournal journal, string? directory)
    {
        var ml = new MLContext(seed: options.Training.Seed);
        var (train, test) = (SeriesViews.AsTheyAre(ml, set.Train), SeriesViews.AsTheyAre(ml, set.Test));
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.Attention(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var model = pipeline.Fit(train);
        var attention = model.OfType<AttentionPredictionTransformer>().Single();
        using var owned = attention;
        options.CancellationToken.ThrowIfCancellationRequested();

        string[] classes = [.. set.Train.Select(row => row.Label).Distinct().Order(StringComparer.Ordinal)];
        var confusion = Confusion.Count(classes, set.Test.Select(row => row.Label).Zip(Predictions(model, test)));
        if (directory is not null)
        {
            Store(ml, model, train.Schema, directory, options.Model.Mechanism);
        }

        var (mechanism, seed, epochs) = (options.Model.Mechanism.Name, options.Training.Seed, journal.Epochs);
        return new(
            mechanism, seed, Confusion.Accuracy(confusion), Confusion.MacroF1(confusion), epochs.Sum(epoch => epoch.Seconds), ScoreRate(model, test, set.Test.Count),
            epochs.Count, attention.Model.ParameterCount)
        {
            Details = new(mechanism, seed, Median(epochs.Select(epoch => epoch.SamplesPerSecond)), [.. epochs.Select(epoch => epoch.Loss)], classes, confusion),
        };
    }

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }

    // The place for everything that a trained model is stored as.
    private static void Store(MLContext ml, ITransformer model, DataViewSchema schema, string directory, AttentionMechanism mechanism)
    {
        using var zip = new MemoryStream();
        ml.Model.Save(model, schema, zip);
        WholeFile.Write(Path.Combine(directory, $"model-{mechanism}.zip"), zip.ToArray());

        // Rows may differ in length, and the mapping of labels stays in ML.NET.
        model.ExportOnnx(Path.Combine(directory, $"model-{mechanism}.onnx"), new() { Masked = true, IgnoreOtherStages = true });
    }

    private static IEnumerable<string> Predictions(ITransformer model, IDataView rows) => model.Transform(rows).GetColumn<string>("PredictedLabel");

    private static double ScoreRate(ITransformer model, IDataView rows, int count)
    {
        var rates = new List<double>();
        var all = Stopwatch.StartNew();
        while (rates.Count < 3 || all.Elapsed < ScoringTime)
        {
            var watch = Stopwatch.StartNew();
            _ = Predictions(model, rows).Count();
            rates.Add(count / watch.Elapsed.TotalSeconds);
        }

        return Median(rates);
    }
}
