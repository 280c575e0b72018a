using AttentionML.Samples;

namespace ClassifySeries;

/// <summary>Draws <c>learning.png</c> and <c>confusion.png</c>.</summary>
internal static class ResultPlots
{
    /// <summary>Draws both; a machine without fonts is told so, and keeps the tables.</summary>
    /// <param name="results">What was found; nothing is drawn where no run finished.</param>
    /// <param name="directory">Where the plots go.</param>
    public static void Write(Results results, string directory)
    {
        if (results.Runs.Count == 0)
        {
            return;
        }

        try
        {
            var mechanisms = results.Runs.GroupBy(run => run.Mechanism).ToArray();
            PlotFile.Write(Path.Combine(directory, "learning.png"), [Learning(results.Dataset, mechanisms)]);
            PlotFile.Write(Path.Combine(directory, "confusion.png"), [.. mechanisms.Select(Confusion)]);
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine(error.Message);
        }
    }

    // The loss of training only: to look at the test rows after each epoch would invite choosing an epoch by them.
    private static LearningPanel Learning(string set, IEnumerable<IGrouping<string, Run>> mechanisms) => new(
        $"{set}: training loss, a line for each seed", "Epoch", "Mean loss of an epoch",
        [
            .. from mechanism in mechanisms.Index()
               from run in mechanism.Item
               select new Curve(
                   mechanism.Item.Key, [.. run.Details!.Losses.Index().Select(epoch => (epoch.Index + 1.0, Math.Max(epoch.Item, 1e-6)))],
                   Palette.Colors[mechanism.Index % Palette.Colors.Count]),
        ]);

    private static ConfusionPanel Confusion(IGrouping<string, Run> runs)
    {
        var classes = runs.First().Details!.Classes;       // a run is made or read with them
        var counts = new int[classes.Count, classes.Count];
        foreach (var run in runs)
        {
            for (var actual = 0; actual < classes.Count; actual++)
            {
                for (var predicted = 0; predicted < classes.Count; predicted++)
                {
                    counts[actual, predicted] += run.Details!.Confusion[actual][predicted];
                }
            }
        }

        return new($"{runs.Key}{(runs.Count() == 1 ? "" : $", {runs.Count()} seeds together")}", classes, counts);
    }
}
