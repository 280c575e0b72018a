namespace AttentionML.Training;

/// <summary>How far a training run is.</summary>
/// <param name="Epoch">The epoch that ended, counted from 1; with a budget, the one at hand.</param>
/// <param name="Epochs">The epochs there may be; with a budget, the one at hand.</param>
/// <param name="Step">The steps taken.</param>
/// <param name="Loss">The mean training loss of the epoch; with a budget, since the last report.</param>
/// <param name="ValidationMetric">The metric on the validation rows, more being better; null where there are none.</param>
/// <param name="SamplesPerSecond">Training rows a second, over the epoch or since the last report.</param>
/// <param name="TimeLeft">What is left will take about so long.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, long Step, double Loss, double? ValidationMetric, double SamplesPerSecond, TimeSpan TimeLeft)
{
    /// <summary>The processor time spent of <see cref="TrainingOptions.Budget"/>; null where there is none.</summary>
    public TimeSpan? Spent { get; init; }
}
