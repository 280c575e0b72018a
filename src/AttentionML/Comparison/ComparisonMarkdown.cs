using System.Globalization;
using System.Text;

namespace AttentionML.Comparison;

/// <summary>Writes <c>comparison.md</c>: the tables for a README.</summary>
public static class ComparisonMarkdown
{
    /// <summary>The report as Markdown.</summary>
    /// <param name="report">The report.</param>
    public static string Write(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder("# Attention mechanisms compared\n\n");
        text.Append(Conditions(report));
        foreach (var causal in report.Measurements.Select(row => row.Causal).Distinct().Order())
        {
            text.Append(Invariant($"\n## {(causal ? "Causal" : "Bidirectional")}\n"));
            foreach (var stage in ComparisonStage.All)
            {
                text.Append(StageTable(report, causal, stage));
            }

            text.Append(MemoryTable(report, causal));
        }

        return text.Append(ScalingTable(report)).Append(SkippedList(report)).ToString();
    }

    private static string Conditions(ComparisonReport report)
    {
        var (machine, settings) = (report.Machine, report.Settings);
        var time = settings.Headline == "cpuMs" ? "processor time" : "wall time";
        return Invariant($"""
            {machine.Cpu}, {machine.Cores} cores, {machine.VectorBits}-bit vectors; {machine.Os}; {machine.Dotnet}; {machine.Torch}; ONNX Runtime
            {machine.OnnxRuntime}; ML.NET {machine.MLNet}; AttentionML {machine.AttentionML}.

            Batch {settings.BatchSize}, {settings.HeadCount} heads × {settings.HeadDimension}, single precision, device {settings.Device}, threads {settings.Threads}, data {settings.Data}, depth {settings.Depth}.
            Medians of {time} over interleaved rounds; compare ratios, not milliseconds. Allocator: {settings.Allocator}.
            Speed-ups and crossovers are against {settings.Baseline}.
            Memory: {settings.Memory}.
            {(settings.Stopped ? "\nThe run was stopped before its end.\n" : "")}
            """);
    }

    private static string StageTable(ComparisonReport report, bool causal, string stage)
    {
        var rows = report.Measurements.Where(row => row.Causal == causal && row.Stage == stage).ToArray();
        return rows.Length == 0 ? "" : Title(stage) + Table(rows, row => Cell(report, row, stage));
    }

    private static string MemoryTable(ComparisonReport report, bool causal)
    {
        var rows = report.Measurements
            .Where(row => row.Causal == causal && row.Stage == ComparisonStage.Mechanism && row.PeakMemoryBytes is not null).ToArray();
        return rows.Length == 0 ? "" : "\n**Peak memory of the bare mechanism beyond its inputs, MiB**\n\n"
            + Table(rows, row => Invariant($"{row.PeakMemoryBytes / 1048576.0:0.0}"));
    }

    private static string Title(string stage) => stage switch
    {
        ComparisonStage.Mechanism => "\n**The bare mechanism, ms (× faster than fused softmax)**\n\n",
        ComparisonStage.Pipeline => "\n**The ML.NET pipeline, rows/s (× faster than with fused softmax)**\n\n",
        _ => "\n**The exported model in ONNX Runtime, ms (× faster than bare fused softmax)**\n\n",
    };

    private static string Cell(ComparisonReport report, ComparisonMeasurement row, string stage)
    {
        var ms = report.Settings.Headline == "cpuMs" ? row.CpuMs : row.MedianMs;
        var value = stage == ComparisonStage.Pipeline ? row.RowsPerSecond : ms;
        return row.SpeedupOverFusedSoftmax is { } speedup && speedup != 1
            ? $"{Number(value)} ({Number(speedup)}×)"
            : Number(value);
    }

    // One line a length, one column a curve.
    private static string Table(IReadOnlyList<ComparisonMeasurement> rows, Func<ComparisonMeasurement, string> cell)
    {
        var curves = rows.Select(row => (row.Mechanism, row.Form)).Distinct().ToArray();
        var text = new StringBuilder();
        text.Append("| length |").AppendJoin("|", curves.Select(curve => $" {curve.Mechanism}, {curve.Form} ")).Append("|\n");
        text.Append("|--:|").Append(string.Concat(Enumerable.Repeat("--:|", curves.Length))).Append('\n');
        foreach (var length in rows.Select(row => row.SequenceLength).Distinct().Order())
        {
            var cells = curves.Select(curve => rows.FirstOrDefault(row =>
                row.SequenceLength == length && row.Mechanism == curve.Mechanism && row.Form == curve.Form));
            text.Append(Invariant($"| {length} | ")).AppendJoin(" | ", cells.Select(row => row is null ? "–" : cell(row))).Append(" |\n");
        }

        return text.ToString();
    }

    private static string ScalingTable(ComparisonReport report)
    {
        if (report.Scaling.Count == 0)
        {
            return "";
        }

        var shortest = report.Measurements.Min(row => row.SequenceLength);
        var text = new StringBuilder("\n## Growth with the length\n\nSlope of log time over log length, 1024 to 4096: 1 is linear, 2 quadratic.\n\n");
        text.Append("| mechanism | form | stage | direction | slope | R² | overtakes fused softmax at length |\n|---|---|---|---|--:|--:|--:|\n");
        foreach (var row in report.Scaling)
        {
            var crossover = row.CrossoverLength is { } length ? length <= shortest ? Invariant($"≤ {shortest}") : Invariant($"{length:0}") : "–";
            text.Append(Invariant($"| {row.Mechanism} | {row.Form} | {row.Stage} | {(row.Causal ? "causal" : "bidirectional")} "));
            text.Append(Invariant($"| {Fixed(row.Slope, "0.00")} | {Fixed(row.R2, "0.0000")} | {crossover} |\n"));
        }

        return text.ToString();
    }

    private static string SkippedList(ComparisonReport report)
    {
        if (report.Settings.Skipped.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder("\n## Skipped\n\n");
        foreach (var cell in report.Settings.Skipped)
        {
            text.Append(Invariant($"- {cell.What} of {cell.Mechanism}, {cell.Form}, {cell.Stage}, "));
            text.Append(Invariant($"{(cell.Causal ? "causal" : "bidirectional")}, length {cell.SequenceLength}: {cell.Reason}\n"));
        }

        return text.ToString();
    }

    private static string Fixed(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    // Three digits, never an exponent.
    private static string Number(double? value) => value switch
    {
        null => "–",
        >= 100 => Fixed(value, "0"),
        >= 10 => Fixed(value, "0.0"),
        >= 1 => Fixed(value, "0.00"),
        >= 0.1 => Fixed(value, "0.000"),
        _ => Fixed(value, "0.0000"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
