using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Samples;
using Microsoft.ML;

namespace ExportModels;

/// <summary>The models of a repository: twins that differ in their mechanism, as mechanisms by themselves and as trained classifiers, with their weights or without.</summary>
/// <param name="root">The repository.</param>
/// <param name="replace">Whether a version that is there is replaced.</param>
/// <param name="epochs">The passes over the training rows.</param>
internal sealed class RepositoryModels(string root, bool replace, int epochs)
{
    private const string Command = "dotnet run -c Release --project samples/ExportModels";
    private const int Rows = 600;

    private static readonly AttentionMechanism[] Twins = [AttentionMechanism.Softmax, AttentionMechanism.LinearElu];

    /// <summary>Makes them; says how many.</summary>
    public int Write(LiveProgress live, CancellationToken stop)
    {
        foreach (var (place, mechanism) in Twins.Index())
        {
            stop.ThrowIfCancellationRequested();
            live.Show((place + 0.0) / Twins.Length, $"{mechanism} by itself");
            mechanism.ExportToRepository(root, $"attention-{mechanism}", 1, Card($"Attention with the mechanism {mechanism}, 4 heads of 64, bidirectional. It holds no weights."), new()
            {
                HeadCount = 4,
                HeadDimension = 64,
            });
            live.Show((place + 0.1) / Twins.Length, $"Training a classifier with {mechanism}");
            WriteClassifier(mechanism, stop);
        }

        live.Show(1, "Done");
        return 3 * Twins.Length;
    }

    private void WriteClassifier(AttentionMechanism mechanism, CancellationToken stop)
    {
        var ml = new MLContext(seed: 1);
        var (train, test) = (ml.Data.LoadFromEnumerable(PulseOrder.Rows(Rows, seed: 1)), ml.Data.LoadFromEnumerable(PulseOrder.Rows(Rows, seed: 2)));
        var training = new AttentionTrainerOptions
        {
            Model = new() { ModelDimension = 32, HeadCount = 4, LayerCount = 2, FeedForwardDimension = 64, Mechanism = mechanism },
            Training = new() { Epochs = epochs },
            CancellationToken = stop,
        };
        var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.Attention(training))
            .Fit(train);
        stop.ThrowIfCancellationRequested();
        var metrics = ml.MulticlassClassification.Evaluate(model.Transform(test));
        var card = Card("Tells which of two pulses came first, up or down, in noise: a transformer of 2 blocks, 32 wide.") with
        {
            Data = $"{Rows} generated series of 48 to 96 steps to train on and {Rows} to test on (samples/ExportModels/PulseOrder.cs, seeds 1 and 2)",
            Metrics = new Dictionary<string, double> { ["accuracy"] = metrics.MicroAccuracy, ["log-loss"] = metrics.LogLoss },
        };
        var options = new ModelOnnxOptions { Masked = true, IgnoreOtherStages = true };
        model.ExportToRepository(root, $"pulse-order-{mechanism}", 1, card, options);
        card = card with { Description = $"The classifier pulse-order-{mechanism} that also says how each step weighs the others, in every block and head: for looking at." };
        model.ExportToRepository(root, $"pulse-order-{mechanism}-weights", 1, card, options with { WithWeights = true });
    }

    private ModelCard Card(string description) => new() { Description = description, Command = Command, Replace = replace };
}
