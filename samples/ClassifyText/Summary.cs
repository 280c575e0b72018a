namespace ClassifyText;

/// <summary>What the folds say together about one mechanism at one context.</summary>
/// <param name="Mechanism">The mechanism.</param>
/// <param name="Context">The words that are read.</param>
/// <param name="Folds">The folds that were judged on.</param>
/// <param name="Accuracy">The mean over the folds.</param>
/// <param name="Error">The standard error of this mean; 0 for a single fold.</param>
/// <param name="Epochs">How often the time sufficed to go over the training reviews, on average.</param>
/// <param name="Points">The way there: the mean over the folds and its standard error at each report.</param>
internal sealed record Summary(
    string Mechanism, int Context, int Folds, double Accuracy, double Error, double Epochs, IReadOnlyList<(double Seconds, double Accuracy, double Error)> Points)
{
    /// <summary>All there is, by mechanism as they come, and then by context.</summary>
    public static IReadOnlyList<Summary> Of(IReadOnlyList<Run> runs) =>
    [
        .. from mechanism in runs.Select(run => run.Mechanism).Distinct()
           from same in runs.Where(run => run.Mechanism == mechanism).GroupBy(run => run.Context).OrderBy(same => same.Key)
           let accuracy = Mean([.. same.Select(run => run.Accuracy)])
           select new Summary(mechanism, same.Key, same.Count(), accuracy.Mean, accuracy.Error, same.Average(run => run.Epochs), [.. Way([.. same])]),
    ];

    /// <summary>By how much one mechanism at one context is better than another, fold by fold: the mean and its standard error.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="one">The one.</param>
    /// <param name="other">The other; both have a run of some fold.</param>
    public static (double Mean, double Error) Difference(IReadOnlyList<Run> runs, Summary one, Summary other) => Mean(
    [
        .. from a in runs.Where(run => run.Mechanism == one.Mechanism && run.Context == one.Context)
           join b in runs.Where(run => run.Mechanism == other.Mechanism && run.Context == other.Context) on a.Fold equals b.Fold
           select a.Accuracy - b.Accuracy,
    ]);

    // A step that takes longer than the time between two reports makes one report of two: the way is that of the reports all folds have.
    private static IEnumerable<(double Seconds, double Accuracy, double Error)> Way(IReadOnlyList<Run> runs)
    {
        for (var i = 0; i < runs.Min(run => run.Points.Count); i++)
        {
            var (mean, error) = Mean([.. runs.Select(run => run.Points[i].Accuracy)]);
            yield return (runs.Average(run => run.Points[i].Seconds), mean, error);
        }
    }

    private static (double Mean, double Error) Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var variance = values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Count - 1);
        return (mean, Math.Sqrt(variance / values.Count));
    }
}
