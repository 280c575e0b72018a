using AttentionML.Models;
using AttentionML.Training;

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
    /// The sequences: a vector of Single, fixed or variable in size, L · FeatureCount values, step after step; for tokens a vector of Single
    /// that holds their numbers. The default is Features.
    /// </summary>
    public string FeatureColumnName { get; init; } = "Features";

    /// <summary>
    /// About how much memory the rows that are scored together may use, in bytes. One row is always taken. The default is 1 MiB.
    /// </summary>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>Told after each epoch; null, the default, tells nobody but the log of the context.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends the training early, with a model that can be used. The default ends it never.</summary>
    public CancellationToken CancellationToken { get; init; }

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
        Model.Validate();
        Training.Validate();
        if (Model.Pooling == SequencePooling.None)
        {
            throw new ArgumentException("A trainer predicts one label for a sequence; choose a Pooling other than None.");
        }
    }
}
