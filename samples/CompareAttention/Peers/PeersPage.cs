using System.Globalization;
using System.Net;
using System.Text;
using AttentionML.Data;
using AttentionML.Samples;

namespace CompareAttention.Peers;

/// <summary>Writes <c>peers.html</c> and the pictures in it; no script, nothing loaded from elsewhere.</summary>
internal static class PeersPage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
        table { border-collapse: collapse; font-size: 14px; } th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #ddd; vertical-align: top; }
        td.number { text-align: right; white-space: nowrap; } .met { color: #00684a; } .missed { color: #a33; }
        img { display: block; width: 100%; height: auto; margin: 1.5rem 0; }
        """;

    private static readonly Dictionary<string, string> Titles = new()
    {
        ["linear"] = "Linear attention (φ = relu), forward",
        ["causal-linear"] = "Causal linear attention, forward",
        ["linear-gradients"] = "Linear attention, forward and backward",
        ["causal-linear-gradients"] = "Causal linear attention, forward and backward",
        ["softmax"] = "Softmax attention, forward",
        ["causal-softmax"] = "Causal softmax attention, forward",
        ["block"] = "A whole block with linear attention, forward",
        ["causal-block"] = "A whole block with causal linear attention, forward",
        ["classifier"] = "The default classifier, softmax attention, a row at a time",
    };

    /// <summary>Writes the page; a machine without fonts is told so, and has its tables.</summary>
    public static void Write(PeersReport report, string directory)
    {
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        html.Append(Invariant($"<title>Fused attention beside its peers</title><style>\n{Style}\n</style></head><body>\n<h1>Fused attention beside its peers</h1>\n"));
        html.Append(Invariant($"<p>{Encode($"{report.Machine}")}; {report.Machine.VectorBits}-bit registers in .NET; one thread, single precision.</p>\n"));
        html.Append("<p>How many times as fast as the best form of libtorch: processor time, medians, all forms of a length in turns. "
            + "Every form was held to the formula first; one that computes something else is not here. All numbers are in peers.md and peers.json.</p>\n");
        foreach (var (task, title) in Titles)
        {
            if (Rows(report, task) is { Length: > 0 } rows)
            {
                var picture = Panel($"{title}; {rows[0].Shape.BatchSize} × {rows[0].Shape.HeadCount} heads of {rows[0].Shape.HeadDimension}", rows);
                Draw(Path.Combine(directory, $"peers-{task}.png"), picture);
                html.Append(Invariant($"<img src=\"peers-{task}.png\" alt=\"{Encode(picture.Title)}: speed-up over the length\">\n"));
            }
        }

        html.Append(Targets(report)).Append("</body></html>\n");
        WholeFile.Write(Path.Combine(directory, "peers.html"), Encoding.UTF8.GetBytes(html.ToString()));
    }

    private static void Draw(string path, LinePanel picture)
    {
        try
        {
            PlotFile.Write(path, [picture]);
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine(error.Message);
        }
    }

    private static LinePanel Panel(string title, PeerRow[] rows) => new(
        title, "Sequence length N", "Times as fast as libtorch's best form",
        [
            .. rows.GroupBy(row => (row.Library, row.Form)).Select((curve, i) => new Curve(
                $"{curve.Key.Library}, {curve.Key.Form}",
                [.. curve.OrderBy(row => row.Shape.SequenceLength).Select(row => ((double)row.Shape.SequenceLength, row.Speedup!.Value))], // Rows has those with one
                Palette.Colors[i % Palette.Colors.Count],
                Dashed: i >= Palette.Colors.Count)),
        ])
    {
        LogarithmicTicks = [.. rows.Select(row => (double)row.Shape.SequenceLength).Distinct().Order()],
        Legend = ScottPlot.Alignment.UpperLeft,
        Range = (0, 1.7 * rows.Max(row => row.Speedup!.Value)), // room for the names
    };

    // Of the sizes with the most lengths.
    private static PeerRow[] Rows(PeersReport report, string task) => report.Rows
        .Where(row => row.Task == task && row.Speedup is not null && row.Allocator == "tuned" && row.VectorBits == report.Machine.VectorBits)
        .GroupBy(row => (row.Shape.BatchSize, row.Shape.HeadCount, row.Shape.HeadDimension))
        .MaxBy(rows => rows.Select(row => row.Shape.SequenceLength).Distinct().Count())?.ToArray() ?? [];

    private static string Targets(PeersReport report)
    {
        var html = new StringBuilder("<h2>Goals</h2>\n<table><tr><th>measure</th><th>goal</th><th>measured, the worst</th><th>at</th><th></th></tr>\n");
        foreach (var target in new PeerTargets(report).All())
        {
            html.Append(Invariant($"<tr><td>{Encode(target.Measure)}</td><td class=\"number\">{Encode(target.Goal)}</td><td class=\"number\">{Encode(target.Worst)}</td>"));
            html.Append(Invariant($"<td>{Encode(target.Where)}</td><td class=\"{(target.IsMet switch { true => "met", false => "missed", null => "" })}\">{Encode(target.Verdict)}</td></tr>\n"));
        }

        return html.Append("</table>\n").ToString();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
