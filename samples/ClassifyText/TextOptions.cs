using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;

namespace ClassifyText;

/// <summary>What to do.</summary>
/// <param name="Data">The zip with the reviews.</param>
/// <param name="Mechanisms">The mechanisms to train with, and <see cref="NoAttention"/>.</param>
/// <param name="Contexts">The words of a review that are read, from its start.</param>
/// <param name="Folds">The folds to judge on, one after the other.</param>
/// <param name="Seconds">The processor time that every model is trained for.</param>
/// <param name="Output">The folder for what is written.</param>
internal sealed record TextOptions(
    string Data, IReadOnlyList<AttentionMechanism> Mechanisms, IReadOnlyList<int> Contexts, IReadOnlyList<int> Folds, int Seconds, string Output)
{
    /// <summary>The file with all that was found.</summary>
    public string ResultsPath => Path.Combine(Output, "results.json");

    /// <summary>How to train, but for the mechanism: nothing differs between mechanisms or contexts.</summary>
    public AttentionTrainerOptions Trainer { get; } = new()
    {
        Model = new() { Embedding = InputEmbedding.Tokens, Positions = PositionEncoding.None },
        Training = new()
        {
            LearningRate = 3e-3,
            KeepBest = false,                                     // the fold that judges must not choose
            Budget = new() { ProcessorTime = TimeSpan.FromSeconds(Seconds), ReportCount = 4 },
        },
    };

    /// <summary>What the results are only good for.</summary>
    public Settings Settings => new(
        Seconds, Trainer.Training.BatchSize, Trainer.Training.LearningRate, Trainer.Model.Dropout, Trainer.Model.LayerCount, Trainer.Model.ModelDimension,
        Trainer.Model.HeadCount, $"{Trainer.Model.Positions}", Trainer.Training.Seed);
}
