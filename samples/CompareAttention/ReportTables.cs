using System.Globalization;
using AttentionML.Comparison;
using Spectre.Console;

namespace CompareAttention;

/// <summary>Prints what was measured.</summary>
internal static class ReportTables
{
    /// <summary>Prints, for each direction, times and speed-ups of the bare mechanisms; then how every curve grows.</summary>
    public static void Print(ComparisonReport report)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }

        foreach (var direction in report.Measurements.Where(row => row.Stage == ComparisonStage.Mechanism).GroupBy(row => row.Causal).OrderBy(rows => rows.Key))
        {
            AnsiConsole.Write(Times(report, direction.Key, [.. direction]));
        }

        if (report.Scaling.Count > 0)
        {
            AnsiConsole.Write(Growth(report));
        }

        if (report.Settings.Skipped.Count > 0)
        {
            AnsiConsole.MarkupLine($"[yellow]{report.Settings.Skipped.Count} cells were skipped; comparison.md lists them with the reasons.[/]");
        }
    }

    private static Table Times(ComparisonReport report, bool causal, IReadOnlyList<ComparisonMeasurement> rows)
    {
        var curves = rows.Select(row => (row.Mechanism, row.Form)).Distinct().ToArray();
        var table = new Table().Title($"{(causal ? "Causal" : "Bidirectional")}: ms, and how many times faster than fused softmax").Border(TableBorder.Rounded);
        table.AddColumn(new TableColumn("length").RightAligned());
        foreach (var (mechanism, form) in curves)
        {
            table.AddColumn(new TableColumn($"{mechanism}\n[dim]{form}[/]").RightAligned());
        }

        foreach (var length in rows.GroupBy(row => row.SequenceLength).OrderBy(group => group.Key))
        {
            table.AddRow([
                Text(length.Key, "0"),
                .. curves.Select(curve => Cell(report, length.FirstOrDefault(row => (row.Mechanism, row.Form) == curve))),
            ]);
        }

        return table;
    }

    private static string Cell(ComparisonReport report, ComparisonMeasurement? row)
    {
        var time = Text(report.Settings.Headline == "cpuMs" ? row?.CpuMs : row?.MedianMs, "0.000");
        return row?.SpeedupOverFusedSoftmax switch
        {
            null or 1 => time,
            >= 1 and var speedup => $"{time} [green]{Text(speedup, "0.00")}×[/]",
            var speedup => $"{time} [red]{Text(speedup, "0.00")}×[/]",
        };
    }

    private static Table Growth(ComparisonReport report)
    {
        var table = new Table().Title("Growth with the length (slope from 1024 to 4096), and where a curve overtakes fused softmax").Border(TableBorder.Rounded);
        table.AddColumns("mechanism", "form", "stage", "direction");
        foreach (var name in new[] { "slope", "R²", "overtakes at" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var row in report.Scaling)
        {
            table.AddRow(
                row.Mechanism, row.Form, row.Stage, row.Causal ? "causal" : "bidirectional",
                Text(row.Slope, "0.00"), Text(row.R2, "0.0000"), Text(row.CrossoverLength, "0"));
        }

        return table;
    }

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
