namespace AttentionML.Training;

/// <summary>How far a training run is.</summary>
/// <param name="Epoch">The epoch that ended, counted from 1.</param>
/// <param name="Epochs">The epochs there may be.</param>
/// <param name="Step">The steps taken.</param>
/// <param name="Loss">The mean training loss of the epoch.</param>
/// <param name="ValidationMetric">The metric on the validation rows, more being better; null where there are none.</param>
/// <param name="SamplesPerSecond">Training rows a second, over the epoch.</param>
/// <param name="TimeLeft">What the epochs that are left will take at that speed.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, long Step, double Loss, double? ValidationMetric, double SamplesPerSecond, TimeSpan TimeLeft);
