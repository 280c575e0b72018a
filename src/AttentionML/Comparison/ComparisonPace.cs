using AttentionML.Measuring;

namespace AttentionML.Comparison;

/// <summary>Shares the time of a run out among its groups, the long lengths first: growth is told by them.</summary>
/// <param name="wanted">How long each group is to be measured where there is time.</param>
/// <param name="seconds">Forecasts of one round of each group, seconds.</param>
internal sealed class ComparisonPace(MeasuringOptions wanted, IReadOnlyList<double> seconds)
{
    /// <summary>How long the first of the groups may be measured; null where not even one round fits.</summary>
    /// <param name="left">The time for all groups; null for no limit.</param>
    public MeasuringOptions? First(TimeSpan? left)
    {
        if (left is not { } time)
        {
            return wanted;
        }

        var share = time.TotalSeconds * Least(seconds[0]) / seconds.Sum(Least);
        var rounds = (int)Math.Min(wanted.MinimumRounds, (share / seconds[0]) - 1);
        return rounds < 1 ? null : wanted with
        {
            MinimumRounds = rounds,
            Budget = TimeSpan.FromSeconds(Math.Clamp(share - seconds[0], 0, wanted.Budget.TotalSeconds)),
        };
    }

    // A round to warm up, and the rounds or the time that are wanted.
    private double Least(double round) => round + Math.Max(wanted.Budget.TotalSeconds, wanted.MinimumRounds * round);
}
