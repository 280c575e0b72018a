using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionML.Comparison;

/// <summary>What a comparison of pipelines found; as text a Markdown table.</summary>
/// <param name="Rows">The test rows.</param>
/// <param name="Threads">The threads that one torch operation may use.</param>
/// <param name="Pipelines">The pipelines, in the order they were given.</param>
public sealed record PipelineReport(int Rows, int Threads, IReadOnlyList<PipelineMeasurement> Pipelines)
{
    private static readonly PipelineReportContext Context = new(new JsonSerializerOptions(PipelineReportContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // it is a file, not a part of a web page
    });

    /// <summary>A Markdown table: pipeline, metric, rows a second, how many times the first one's, memory, parameters.</summary>
    public override string ToString()
    {
        var metrics = Pipelines.Select(pipeline => pipeline.Metric?.Name).OfType<string>().Distinct();
        List<string[]> rows =
        [
            ["pipeline", string.Join(" / ", metrics), "rows/s", "×", "memory, MiB", "parameters"],
            .. Pipelines.Select(pipeline => new[]
            {
                pipeline.Name,
                pipeline.Metric is { } metric ? Text(metric.Value, metric.Format) : "–",
                Text(pipeline.RowsPerSecond, pipeline.RowsPerSecond < 100 ? "0.0" : "0"),
                Text(pipeline.Speedup, "0.00"),
                pipeline.PeakMemoryBytes is { } bytes ? Text(bytes / 1048576.0, "0.0") : "–",
                Text(pipeline.Parameters, "0"),
            }),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => Math.Max(3, rows.Max(row => row[column].Length))).ToArray();
        rows.Insert(1, [new string('-', widths[0]), .. widths[1..].Select(width => new string('-', width - 1) + ":")]);
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            var cells = row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]));
            text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Context.PipelineReport);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(PipelineReport))]
internal sealed partial class PipelineReportContext : JsonSerializerContext;
