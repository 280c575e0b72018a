namespace AttentionML.Training;

/// <summary>Where and how often a training run leaves a checkpoint, from which it can be taken up to end in the same weights.</summary>
/// <remarks>
/// One file, written beside its place and moved there: a crash, a kill or a full disk leaves the one before. It is also written when the
/// training is cancelled and when it ends. A zip of <c>options.json</c>, its SHA-256, and <c>weights.safetensors</c>, for other tools too.
/// </remarks>
public sealed record CheckpointOptions
{
    /// <summary>The file; folders that are missing are made.</summary>
    public required string Path { get; init; }

    /// <summary>A checkpoint after every so many epochs; null, the default, goes by <see cref="Interval"/> alone.</summary>
    public int? EveryEpochs { get; init; }

    /// <summary>
    /// A checkpoint at the first step after so much time, also within an epoch; <see cref="Timeout.InfiniteTimeSpan"/> goes by
    /// <see cref="EveryEpochs"/> alone. The default is 5 minutes.
    /// </summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Checks that the settings are in their ranges.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, what it is, and what is allowed.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Path);
        if (EveryEpochs <= 0)
        {
            throw new ArgumentException($"EveryEpochs is {EveryEpochs}; it has to be greater than 0, or null.");
        }

        if (Interval < TimeSpan.Zero && Interval != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"Interval is {Interval}; it has to be at least 0, or Timeout.InfiniteTimeSpan.");
        }
    }
}
