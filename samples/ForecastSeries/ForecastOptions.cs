using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;

namespace ForecastSeries;

/// <summary>What to do.</summary>
/// <param name="Data">The file with the hours.</param>
/// <param name="Mechanisms">The mechanisms to train with.</param>
/// <param name="Epochs">The passes over the training windows.</param>
/// <param name="Stride">The hours between two training windows of a variable.</param>
/// <param name="Output">The folder for what is written.</param>
internal sealed record ForecastOptions(string Data, IReadOnlyList<AttentionMechanism> Mechanisms, int Epochs, int Stride, string Output)
{
    private const int Day = 24;

    /// <summary>The file with all that was found.</summary>
    public string ResultsPath => Path.Combine(Output, "results.json");

    /// <summary>How to train, but for the mechanism: one variable at a time, 14 patches of a day.</summary>
    public AttentionTrainerOptions Trainer { get; } = new()
    {
        Model = new()
        {
            Embedding = InputEmbedding.Patches,
            PatchLength = Day,
            Positions = PositionEncoding.Learned,
            MaximumLength = Window.Past / Day,
            Pooling = SequencePooling.Attention,
        },
        Training = new() { Epochs = Epochs, BatchSize = 64 },
    };

    /// <summary>What the results are only good for.</summary>
    public Settings Settings => new(
        Window.Past, Window.Horizon, Epochs, Stride, Trainer.Training.BatchSize, Trainer.Training.LearningRate, Trainer.Model.PatchLength,
        Trainer.Model.LayerCount, Trainer.Model.ModelDimension, Trainer.Training.Seed);
}
