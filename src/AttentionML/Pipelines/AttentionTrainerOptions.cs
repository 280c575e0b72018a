using AttentionML.Models;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The settings of an attention trainer.</summary>
public sealed record AttentionTrainerOptions
{
    /// <summary>The architecture.</summary>
    public AttentionModelOptions Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>
    /// The label: a key for several classes, a Boolean for two, a Single or a vector of Single of fixed size for regression. The default is
    /// Label.
    /// </summary>
    public string LabelColumnName { get; init; } = "Label";

    /// <summary>
    /// The sequences: a vector of Single, fixed or variable in size, L · FeatureCount values, step after step; for tokens a vector of keys,
    /// or of Single that holds their numbers, zeros at the end being padding. The default is Features.
    /// </summary>
    public string FeatureColumnName { get; init; } = "Features";

    /// <summary>
    /// About how much memory the rows that are scored together may use, in bytes. One row is always taken. The default is 1 MiB.
    /// </summary>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Told after each epoch, and within one after each <see cref="ProgressInterval"/>, on the thread that trains; null, the default, tells
    /// nobody but the log of the context.
    /// </summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>How long an epoch may go on unreported; <see cref="Timeout.InfiniteTimeSpan"/> reports epochs alone. The default is 10 seconds.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where and how often the training leaves a checkpoint; null, the default, leaves none.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>
    /// A checkpoint to go on from; null, the default, starts anew. The model, the training options and the rows have to be those of the run
    /// that left it; the result then is the same as if that run had not ended, bit by bit on a CPU.
    /// <c>ResumeFrom = File.Exists(path) ? path : null</c> makes a program that can be started again.
    /// </summary>
    public string? ResumeFrom { get; init; }

    /// <summary>
    /// Ends the training early, after the step or validation at hand, with a model that can be used: the best epoch's or, without
    /// validation rows, as that step left it. The default ends it never.
    /// </summary>
    public CancellationToken CancellationToken { get; init; }

    // The vocabulary may come with the data; any that is allowed stands for it until then.
    internal AttentionModelOptions ModelBeforeData =>
        Model is { Embedding: InputEmbedding.Tokens, VocabularySize: 0 } ? Model with { VocabularySize = 2 } : Model;

    /// <summary>The settings with what they leave to the data.</summary>
    /// <param name="schema">The data's columns.</param>
    /// <exception cref="ArgumentException">The vocabulary is left to the data, and the features are no keys.</exception>
    internal AttentionTrainerOptions For(DataViewSchema schema)
    {
        if (ReferenceEquals(Model, ModelBeforeData))
        {
            return this;
        }

        var type = schema.GetColumnOrNull(FeatureColumnName)?.Type;
        return (type as VectorDataViewType)?.ItemType is KeyDataViewType { Count: < 1 << 24 } keys
            ? this with { Model = Model with { VocabularySize = (int)keys.Count + 1 } }
            : throw new ArgumentException(
                $"VocabularySize is 0, which takes it from a column of keys, and column '{FeatureColumnName}' is {type?.ToString() ?? "not there"}: " +
                "say how many tokens there are, padding (0) included, or map the tokens to keys, fewer than 2^24 of them.");
    }

    /// <summary>Checks that the settings go together.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message names it, what it is, and what is allowed.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that is asked for.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Model);
        ArgumentNullException.ThrowIfNull(Training);
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchBytes);
        ModelBeforeData.Validate();
        Training.Validate();
        Checkpoints?.Validate();
        if (ProgressInterval < TimeSpan.Zero && ProgressInterval != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"ProgressInterval is {ProgressInterval}; it has to be at least 0, or Timeout.InfiniteTimeSpan.");
        }

        if (Training.Budget is not null && (Checkpoints is not null || ResumeFrom is not null))
        {
            throw new ArgumentException(
                "With a Budget, Checkpoints and ResumeFrom have to be null: where a processor time ends differs from run to run, so no run ends as an unbroken one.");
        }

        if (Model.Pooling == SequencePooling.None)
        {
            throw new ArgumentException("A trainer predicts one label for a sequence; choose a Pooling other than None.");
        }
    }
}
