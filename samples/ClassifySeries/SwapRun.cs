using System.Text;
using AttentionML.Comparison;
using AttentionML.Data;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ClassifySeries;

/// <summary>Swaps the mechanism of a trained model: what it does before, right after, and once it was trained on.</summary>
internal static class SwapRun
{
    /// <summary>Swaps the stored model of the first mechanism to each of the others; prints each comparison, and writes it to <c>swap-MECHANISM.md</c>.</summary>
    /// <param name="options">What was trained.</param>
    /// <param name="epochs">The passes over the training rows after the swap.</param>
    /// <param name="cancellation">Ends it; the comparison at hand is dropped.</param>
    public static void Print(ClassifyOptions options, int epochs, CancellationToken cancellation)
    {
        var ml = new MLContext(seed: options.Seeds[0]);
        var (train, test) = (SeriesViews.AsTheyAre(ml, options.Set.Train), SeriesViews.AsTheyAre(ml, options.Set.Test));
        var model = ml.Model.Load(Path.Combine(options.Output, $"model-{options.Mechanisms[0]}.zip"), out _);
        foreach (var mechanism in options.Mechanisms.Skip(1))
        {
            var swapped = model.WithMechanism(mechanism);
            var trainer = options.Trainer with
            {
                Model = options.Trainer.Model with { Mechanism = mechanism },
                Training = options.Trainer.Training with { Epochs = epochs, Seed = options.Seeds[0] },
                CancellationToken = cancellation,
            };

            ITransformer[] stages = [.. (IEnumerable<ITransformer>)swapped];             // labels to keys, attention, keys to labels
            stages[1] = ml.MulticlassClassification.Trainers.Attention(trainer)
                .Fit(stages[0].Transform(train), null, warmStart: (AttentionPredictionTransformer)stages[1]);
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            var report = ml.CompareAttention(
                test, new PipelineComparisonOptions { Names = [$"{options.Mechanisms[0]}", $"swapped to {mechanism}", $"and trained on, {epochs} epochs"] },
                model, swapped, new TransformerChain<ITransformer>(stages));
            Console.WriteLine($"\n{options.Set.Name}, the model of seed {options.Seeds[0]}:\n\n{report}");
            WholeFile.Write(Path.Combine(options.Output, $"swap-{mechanism}.md"), Encoding.UTF8.GetBytes(report.ToString()));
        }
    }
}
