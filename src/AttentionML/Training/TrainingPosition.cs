namespace AttentionML.Training;

/// <summary>Where a training run stands between two steps.</summary>
/// <param name="Epoch">The epochs that are over.</param>
/// <param name="Batch">The batches of the next one that are done.</param>
/// <param name="Step">The steps taken.</param>
/// <param name="LossSum">The losses of the rows in those batches, added up.</param>
/// <param name="BestMetric">The best validation metric; null where there is none yet.</param>
/// <param name="BestEpoch">The epoch that it is of, counted from 0.</param>
/// <param name="IsFinished">Whether no step follows.</param>
internal sealed record TrainingPosition(
    int Epoch = 0, int Batch = 0, long Step = 0, double LossSum = 0, double? BestMetric = null, int BestEpoch = 0, bool IsFinished = false)
{
    /// <summary>The position, if a run of some epochs can stand there.</summary>
    /// <param name="epochs">The epochs.</param>
    /// <exception cref="InvalidDataException">It cannot.</exception>
    public TrainingPosition RequireWithin(int epochs) =>
        Epoch >= 0 && Epoch <= epochs && Batch >= 0 && Step >= 0 && BestEpoch >= 0 && BestEpoch <= Epoch && (IsFinished || Epoch < epochs)
            ? this
            : throw new InvalidDataException($"No run of {epochs} epochs stands at epoch {Epoch}, batch {Batch}, step {Step}.");
}
