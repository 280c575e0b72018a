namespace AttentionML.Training;

/// <summary>Training for a time instead of a number of epochs.</summary>
public sealed record TrainingBudget
{
    /// <summary>
    /// The processor time that training steps may take, over all threads of the process; validation is not counted. The step at hand when it
    /// is spent is the last. The learning rate follows the part of it that is spent.
    /// </summary>
    public required TimeSpan ProcessorTime { get; init; }

    /// <summary>How often, evenly spread over the time and the last time at its end, the model is validated and progress is told. The default is 10.</summary>
    public int ReportCount { get; init; } = 10;
}
