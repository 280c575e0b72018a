using System.Globalization;
using Spectre.Console;

namespace ClassifyText;

/// <summary>Prints what was found.</summary>
internal static class ResultTables
{
    /// <summary>Prints one table: every mechanism at every context, each held against the best of the first mechanism; then the baselines.</summary>
    public static void Print(Results results)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }

        if (results.Runs.Count == 0)
        {
            return;
        }

        var summaries = Summary.Of(results.Runs);
        var best = summaries.Where(summary => summary.Mechanism == summaries[0].Mechanism).MaxBy(summary => summary.Accuracy)!;    // it has the first summary
        var table = new Table().Border(TableBorder.Rounded).Title(
            $"Accuracy after {results.Settings.Seconds} s of processor time on one thread, mean ± standard error over the folds");
        table.AddColumn("attention");
        foreach (var name in new[] { "words", "folds", "accuracy %", "epochs", $"against {best.Mechanism} at {best.Context}, fold by fold" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var summary in summaries)
        {
            var (mean, error) = Summary.Difference(results.Runs, summary, best);
            table.AddRow(
                $"[bold]{summary.Mechanism}[/]", $"{summary.Context}", $"{summary.Folds}", $"{Percent(summary.Accuracy)}{Error(summary.Error, summary.Folds)}",
                summary.Epochs.ToString("0.0", CultureInfo.InvariantCulture),
                summary == best ? "" : $"{(mean >= 0 ? "+" : "−")}{Percent(Math.Abs(mean))}{Error(error, summary.Folds)}");
        }

        foreach (var baseline in results.Baselines)
        {
            table.AddRow(Markup.Escape(baseline.Name), $"{baseline.Words}", "10", Percent(baseline.Accuracy), "", "");
        }

        AnsiConsole.Write(table);
    }

    // One fold has no spread to tell it by.
    private static string Error(double error, int folds) => folds > 1 ? $" ± {Percent(error)}" : "";

    private static string Percent(double part) => (100 * part).ToString("0.0", CultureInfo.InvariantCulture);
}
