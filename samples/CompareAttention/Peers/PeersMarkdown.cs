using System.Globalization;
using System.Text;
using AttentionML.Mechanisms;

namespace CompareAttention.Peers;

/// <summary>Writes <c>peers.md</c>.</summary>
internal static class PeersMarkdown
{
    /// <summary>The report as Markdown.</summary>
    public static string Write(PeersReport report)
    {
        var text = new StringBuilder("# Fused attention beside its peers\n\n");
        text.Append(Conditions(report)).Append(Targets(report));
        foreach (var task in report.Rows.GroupBy(row => row.Task))
        {
            text.Append(Invariant($"\n## {task.Key}\n\n"));
            text.Append(Table(
                ["N × H × L × d", "form", "library", "allocator", "CPU ms, median", "minimum", "samples", "best of libtorch takes", "GFLOP/s", "of the FMA peak", "of the copy bandwidth"],
                task.Select(Times)));
        }

        return text.Append(Workspaces(report)).Append(Refused(report)).Append(Skipped(report)).ToString();
    }

    /// <summary>Sizes in a table.</summary>
    public static string Text(AttentionShape shape) =>
        Invariant($"{shape.BatchSize} × {shape.HeadCount} × {shape.SequenceLength} × {shape.HeadDimension}");

    private static string Conditions(PeersReport report)
    {
        var machine = report.Machine;
        return Invariant($"""
            {machine}; {machine.VectorBits}-bit registers in .NET; ML.NET {machine.MLNet}; AttentionML {machine.AttentionML}; {machine.Os}.

            Depth {report.Depth}, {report.Seconds:0} s; {report.Threads} thread, single precision. Processor time; the forms of a table's lines with the same sizes took turns. Every form was held
            to the formula first: one that computes something else has no time. ONNX Runtime and ML.NET take and give heads side by side, [N, L, H·d], and split them inside.
            {(report.Stopped ? "\nThe run was stopped before its end.\n" : "")}
            By default:

            {string.Join('\n', report.Defaults.Select(line => $"- {line}"))}

            """);
    }

    private static string Targets(PeersReport report) =>
        "\n## Goals\n\nOne thread, batch 1, 8 heads of 64, φ = relu, contiguous, unless it says so; the worst of what was measured.\n\n"
        + Table(["measure", "goal", "measured", "at", ""], new PeerTargets(report).All().Select(target => new[]
        {
            target.Measure, target.Goal, target.Worst, target.Where, target.Verdict,
        }));

    private static string[] Times(PeerRow row) =>
    [
        Text(row.Shape), row.Form, row.Library, row.Allocator, Number(row.CpuMs), Number(row.MinimumCpuMs), Invariant($"{row.Samples}"),
        row.Speedup is { } speedup ? Invariant($"{speedup:0.00}×") : "–", row.Gigaflops is { } flops ? Invariant($"{flops:0.0}") : "–",
        Percent(row.OfPeak), Percent(row.OfCopy),
    ];

    private static string Workspaces(PeersReport report) => report.Workspaces.Count == 0 ? "" :
        Invariant($"\n## Workspace\n\nPeak memory beyond inputs, outputs and gradients, in fresh processes and threads. What is below {FreshProcesses.Resolution / 1048576.0:0.0} MiB cannot be told apart.\n\n")
        + Table(["task", "N × H × L × d", "form", "library", "MiB"], report.Workspaces.Select(row => new[]
        {
            row.Task, Text(row.Shape), row.Form, row.Library, Invariant($"{(row.Bytes <= FreshProcesses.Resolution ? "< " : "")}{row.Bytes / 1048576.0:0.0}"),
        }));

    private static string Refused(PeersReport report) => report.Refused.Count == 0 ? "" :
        "\n## Refused\n\nThese compute something else, so they have no time.\n\n"
        + Table(["task", "N × H × L × d", "form", "library", "error", "allowed"], report.Refused.Select(row => new[]
        {
            row.Task, Text(row.Shape), row.Form, row.Library, Invariant($"{row.Error:0.0e0}"), Invariant($"{row.Tolerance:0.0e0}"),
        }));

    private static string Skipped(PeersReport report) => report.Skipped.Count == 0 ? "" :
        "\n## Skipped\n\n"
        + Table(["task", "N × H × L × d", "form", "library", "why"], report.Skipped.Select(row => new[]
        {
            row.Task, Text(row.Shape), row.Form, row.Library, row.Reason,
        }));

    private static string Table(string[] head, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", head).Append(" |\n|").Append(string.Concat(Enumerable.Repeat("---|", head.Length))).Append('\n');
        foreach (var row in rows)
        {
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        return text.ToString();
    }

    private static string Percent(double? part) => part is { } value ? Invariant($"{100 * value:0} %") : "–";

    private static string Number(double value) => value.ToString(value >= 100 ? "0.0" : value >= 1 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
