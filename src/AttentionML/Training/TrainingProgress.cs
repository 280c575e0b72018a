namespace AttentionML.Training;

/// <summary>How far a training run is: after each epoch, and now and then within a long one; with a budget, at parts of it.</summary>
/// <param name="Epoch">The epoch at hand, counted from 1.</param>
/// <param name="Epochs">The epochs there may be; with a budget, the one at hand.</param>
/// <param name="EpochEnded">Whether the epoch is over; false within a long one, and with a budget.</param>
/// <param name="Step">The steps taken, over all epochs.</param>
/// <param name="Steps">The steps there may be; with a budget, those taken.</param>
/// <param name="Loss">The mean training loss of the epoch so far; with a budget, since the last report.</param>
/// <param name="ValidationMetric">
/// The metric on the validation rows, more being better: accuracy, or for regression the mean squared error in units of the labels'
/// standard deviation, negative. Null where there are no validation rows, and within an epoch.
/// </param>
/// <param name="SamplesPerSecond">Training rows a second, over the epoch so far or since the last report, validation left out.</param>
/// <param name="TimeLeft">What the rest will take at that pace, if nothing ends it early.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, bool EpochEnded, long Step, long Steps, double Loss, double? ValidationMetric, double SamplesPerSecond,
    TimeSpan TimeLeft)
{
    /// <summary>The processor time spent of <see cref="TrainingOptions.Budget"/>; null where there is none.</summary>
    public TimeSpan? Spent { get; init; }
}
