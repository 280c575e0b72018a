namespace AttentionML.Measuring;

/// <summary>How long the harness measures.</summary>
public sealed record MeasuringOptions
{
    /// <summary>Time for the rounds of one group of variants. The default is 2 seconds.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The shortest sample: shorter calls are repeated within it. The default is 4 milliseconds.</summary>
    public TimeSpan Sample { get; init; } = TimeSpan.FromMilliseconds(4);

    /// <summary>How long a call shorter than a millisecond is warmed up, so that its code is compiled in full. The default is 30 milliseconds.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>The fewest rounds, whatever the budget. The default is 3.</summary>
    public int MinimumRounds { get; init; } = 3;

    /// <summary>The most rounds, however quick. The default is 60.</summary>
    public int MaximumRounds { get; init; } = 60;

    /// <summary>Throws unless the numbers make sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One does not; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Budget, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Sample, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(WarmUp, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MinimumRounds);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumRounds, MinimumRounds);
    }
}
