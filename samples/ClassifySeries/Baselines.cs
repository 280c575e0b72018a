using Microsoft.ML;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.LightGbm;

namespace ClassifySeries;

/// <summary>What to hold attention against: published figures, 1-NN DTW, and trainers that ML.NET brings.</summary>
internal static class Baselines
{
    // About a minute of one core.
    private const long LargestWarping = 20_000_000_000;

    /// <summary>The baselines that are not known yet, one after the other; the caller stores each.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="known">The names of those that are known.</param>
    /// <param name="doing">Told what is being computed.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static IEnumerable<Baseline> Missing(SeriesSet set, IReadOnlySet<string> known, Action<string> doing, CancellationToken cancellation)
    {
        foreach (var (name, source, accuracy) in All(set, cancellation).Where(baseline => !known.Contains(baseline.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            doing(name);
            yield return new(name, accuracy(), source);
        }
    }

    private static IEnumerable<(string Name, string Source, Func<double> Accuracy)> All(SeriesSet set, CancellationToken cancellation)
    {
        var published = PublishedBaselines.Of(set.Name).ToArray();
        foreach (var baseline in published)
        {
            yield return (baseline.Name, baseline.Source, () => baseline.TestAccuracy);
        }

        if (!published.Any(baseline => baseline.Name == PublishedBaselines.NearestNeighbour) && DynamicTimeWarping.Work(set) <= LargestWarping)
        {
            var source = set.ChannelCount == 1 ? "computed here" : "computed here, channels warped together";
            yield return (PublishedBaselines.NearestNeighbour, source, () => DynamicTimeWarping.Accuracy(set, cancellation));
        }

        // A linear model learns badly where the values are far from each other in size; trees don't mind.
        yield return ("ML.NET LbfgsMaximumEntropy", "computed here, flattened values in [−1, 1]", () => Trained(set, ml =>
            ml.Transforms.NormalizeMinMax("Features").Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
                new LbfgsMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1 }))));
        yield return ("ML.NET LightGbm", "computed here, flattened values", () => Trained(set, ml =>
            ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { NumberOfThreads = 1, Seed = 1 })));
    }

    private static double Trained<T>(SeriesSet set, Func<MLContext, IEstimator<T>> trainer)
        where T : class, ITransformer
    {
        var ml = new MLContext(seed: 1);
        var size = set.LongestLength * set.ChannelCount;
        var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(trainer(ml))
            .Fit(SeriesViews.Flattened(ml, set.Train, size));
        return ml.MulticlassClassification.Evaluate(model.Transform(SeriesViews.Flattened(ml, set.Test, size))).MicroAccuracy;
    }
}
