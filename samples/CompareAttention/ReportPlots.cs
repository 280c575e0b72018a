using AttentionML.Comparison;
using AttentionML.Samples;

namespace CompareAttention;

/// <summary>Draws <c>latency.png</c> and <c>memory.png</c> of the bare mechanisms.</summary>
internal static class ReportPlots
{
    /// <summary>Draws both; a machine without fonts is told so, and keeps the tables.</summary>
    public static void Write(ComparisonReport report, string directory)
    {
        try
        {
            PlotFile.Write(Path.Combine(directory, "latency.png"), Panels(report, "Time per batch", Ms, Duration));
            PlotFile.Write(Path.Combine(directory, "memory.png"), Panels(report, "Peak memory beyond the inputs", row => row.PeakMemoryBytes, Size));
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine(error.Message);
        }

        double? Ms(ComparisonMeasurement row) => report.Settings.Headline == "cpuMs" ? row.CpuMs : row.MedianMs;
    }

    private static LogLogPanel[] Panels(
        ComparisonReport report, string what, Func<ComparisonMeasurement, double?> value, Func<double, string> unit) =>
    [
        .. from direction in report.Measurements.Where(row => row.Stage == ComparisonStage.Mechanism).GroupBy(row => row.Causal)
           let curves = Curves([.. direction], value)
           where curves.Length > 0
           orderby direction.Key
           select new LogLogPanel(direction.Key ? "Causal" : "Bidirectional", "Sequence length N", what, curves, unit),
    ];

    private static Curve[] Curves(IReadOnlyList<ComparisonMeasurement> rows, Func<ComparisonMeasurement, double?> value)
    {
        var names = rows.Select(row => row.Mechanism).Where(name => name != "softmax").Distinct().ToArray();
        return
        [
            .. from curve in rows.GroupBy(row => (row.Mechanism, row.Form))
               let points = curve.Where(row => value(row) > 0).Select(row => ((double)row.SequenceLength, value(row)!.Value)).ToArray()
               where points.Length > 0
               let color = Palette.Colors[curve.Key.Mechanism == "softmax" ? 0 : 1 + (Array.IndexOf(names, curve.Key.Mechanism) % (Palette.Colors.Count - 1))] // softmax is black
               orderby points[^1].Item2 descending
               select new Curve($"{curve.Key.Mechanism}, {curve.Key.Form}", points, color, Dashed: curve.Key.Form == ComparisonForm.Formula),
        ];
    }

    private static string Duration(double ms) => ms >= 1000 ? $"{ms / 1000:0} s" : ms >= 1 ? $"{ms:0} ms" : $"{ms * 1000:0.###} µs";

    private static string Size(double bytes) => bytes >= 1e9 ? $"{bytes / 1e9:0} GB" : bytes >= 1e6 ? $"{bytes / 1e6:0} MB" : $"{bytes / 1e3:0} kB";
}
