using System.Globalization;
using Spectre.Console;

namespace ClassifySeries;

/// <summary>Prints what was found.</summary>
internal static class ResultTables
{
    /// <summary>Prints one table: the mechanisms, medians over the seeds, then the baselines, the best first.</summary>
    public static void Print(Results results)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }

        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(
            $"{results.Dataset}: {results.Settings.TrainRows} rows to learn from, {results.Settings.TestRows} to judge by"));
        table.AddColumn("classifier");
        foreach (var name in new[] { "accuracy %", "lowest – highest", "macro-F1 %", "training s", "trained rows/s", "scored rows/s", "parameters" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("source");
        foreach (var runs in results.Runs.GroupBy(run => run.Mechanism))
        {
            table.AddRow(
                $"[bold]{runs.Key}[/]", Median(runs, run => run.TestAccuracy * 100, "0.0"),
                $"{Text(runs.Min(run => run.TestAccuracy) * 100, "0.0")} – {Text(runs.Max(run => run.TestAccuracy) * 100, "0.0")}",
                Median(runs, run => run.MacroF1 * 100, "0.0"), Median(runs, run => run.TrainSeconds, "0.0"),
                Median(runs, run => run.Details!.TrainRowsPerSecond, "0"), Median(runs, run => run.ScoreRowsPerSecond, "0"),
                Median(runs, run => run.Parameters, "0"), runs.Count() == 1 ? "trained here" : $"trained here, median of {runs.Count()} seeds");
        }

        foreach (var baseline in results.Baselines.OrderByDescending(baseline => baseline.TestAccuracy))
        {
            table.AddRow(Markup.Escape(baseline.Name), Text(baseline.TestAccuracy * 100, "0.0"), "", "", "", "", "", "", Markup.Escape(baseline.Source));
        }

        AnsiConsole.Write(table);
    }

    private static string Median(IEnumerable<Run> runs, Func<Run, double> value, string format) => Text(AttentionRun.Median(runs.Select(value)), format);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
