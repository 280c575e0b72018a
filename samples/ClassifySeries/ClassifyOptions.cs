using AttentionML.Mechanisms;
using AttentionML.Pipelines;

namespace ClassifySeries;

/// <summary>What to do.</summary>
/// <param name="Set">The rows.</param>
/// <param name="Mechanisms">The mechanisms to train with.</param>
/// <param name="Seeds">The seeds to train each with.</param>
/// <param name="Trainer">How to train, but for mechanism and seed.</param>
/// <param name="Output">The folder for what is written.</param>
/// <param name="SwapEpochs">
/// The epochs to train on after the first mechanism's model was swapped to each of the others; null swaps nothing.
/// </param>
internal sealed record ClassifyOptions(
    SeriesSet Set, IReadOnlyList<AttentionMechanism> Mechanisms, IReadOnlyList<int> Seeds, AttentionTrainerOptions Trainer, string Output,
    int? SwapEpochs = null)
{
    /// <summary>The file with all that was found.</summary>
    public string ResultsPath => Path.Combine(Output, "results.json");

    /// <summary>What the results are only good for.</summary>
    public Settings Settings => new(
        Trainer.Training.Epochs, Trainer.Training.BatchSize, Trainer.Training.LearningRate, Trainer.Model.LayerCount, Trainer.Model.ModelDimension,
        Set.Train.Count, Set.Test.Count);
}
