using AttentionML.Samples;

namespace ClassifyText;

/// <summary>Draws <c>accuracy.png</c>: what a context is worth at the same time, and how each model got there.</summary>
internal static class ResultPlots
{
    private const string Control = "no attention";

    /// <summary>Draws it; a machine without fonts is told so, and keeps the tables.</summary>
    /// <param name="results">What was found; nothing is drawn where no run finished.</param>
    /// <param name="directory">Where the plot goes.</param>
    public static void Write(Results results, string directory)
    {
        var summaries = Summary.Of(results.Runs);
        if (summaries.Count == 0)
        {
            return;
        }

        var mechanisms = summaries.GroupBy(summary => summary.Mechanism).ToArray();
        try
        {
            PlotFile.Write(Path.Combine(directory, "accuracy.png"), [Contexts(results, mechanisms), .. mechanisms.Select(mechanism => Way(results, mechanism))]);
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine(error.Message);
        }
    }

    private static LinePanel Contexts(Results results, IEnumerable<IGrouping<string, Summary>> mechanisms) => new(
        $"After {results.Settings.Seconds} s of one core", "Words that are read", "Test accuracy %, mean ± standard error",
        [
            .. mechanisms.Index().Select(mechanism => new Curve(
                Name(mechanism.Item.Key), [.. mechanism.Item.Select(summary => ((double)summary.Context, 100 * summary.Accuracy))], Palette.Colors[mechanism.Index])
            {
                Errors = [.. mechanism.Item.Select(summary => 100 * summary.Error)],
            }),
            new("logistic regression, no limit", [.. results.Baselines.Select(baseline => (baseline.Words, 100 * baseline.Accuracy))], "#9A9A9A", Dashed: true),
        ])
    {
        Range = Range(results),
        LogarithmicTicks = [.. results.Runs.Select(run => (double)run.Context).Distinct().Order()],
    };

    private static LinePanel Way(Results results, IGrouping<string, Summary> mechanism) => new(
        $"{Name(mechanism.Key)}, on the way", "Processor time of training, s", "Test accuracy %",
        [
            .. mechanism.Index().Select(summary => new Curve(
                $"{summary.Item.Context} words", [.. summary.Item.Points.Select(point => (point.Seconds, 100 * point.Accuracy))],
                Palette.Colors[summary.Index + 3])
            {
                Errors = [.. summary.Item.Points.Select(point => 100 * point.Error)],
            }),
        ])
    {
        Range = Range(results),
    };

    private static (double Low, double High) Range(Results results)
    {
        var all = Summary.Of(results.Runs).SelectMany(summary => summary.Points.Select(point => 100 * point.Accuracy))
            .Concat(results.Baselines.Select(baseline => 100 * baseline.Accuracy)).ToArray();
        return (Math.Floor(all.Min() / 5) * 5, Math.Ceiling((all.Max() + 1) / 5) * 5);
    }

    private static string Name(string mechanism) => mechanism == "none" ? Control : mechanism;
}
