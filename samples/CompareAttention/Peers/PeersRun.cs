using System.Diagnostics;
using System.Globalization;
using System.Text;
using AttentionML.Comparison;
using AttentionML.Data;
using AttentionML.Mechanisms;
using AttentionML.Native;

namespace CompareAttention.Peers;

/// <summary>One run: what is measured, and what is written after every part of it.</summary>
internal sealed class PeersRun(PeerOptions options)
{
    private static readonly MachineInfo Machine = MachineInfo.Read();
    private static readonly string[] MainTasks = [.. PeerTask.All.Where(task => task.IsMain).Select(task => task.Name)];

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly FreshProcesses _fresh = new(MemoryProbe.ThisProgram());
    private readonly List<PeerWorkspace> _workspaces = [];
    private readonly PeerMeasuring _measuring = new(
        new(PeerMeasuring.Peak(), options.Depth.LongestCall, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        options.Seconds ?? options.Depth.Seconds, options.DefaultAllocator ? "default" : "tuned", Machine.VectorBits);

    /// <summary>Runs it, and writes <c>peers.json</c>, <c>peers.md</c> and, at the end, <c>peers.html</c> with its pictures.</summary>
    /// <returns>What was measured; <see cref="PeersReport.Stopped"/> where it was ended early.</returns>
    public PeersReport Run(CancellationToken stop)
    {
        try
        {
            foreach (var (task, shape) in PeerPlan.Of(options))
            {
                Measure(task.Group(shape), stop);
                Glibc.ReleaseFreedMemory(); // Pieces that the next sizes do not fit into add up to more than the machine has.
            }

            if (!options.InProcess)
            {
                MeasureInFreshProcesses(stop);
            }
        }
        catch (OperationCanceledException)
        {
            return Finish(stopped: true);
        }

        return Finish(stopped: false);
    }

    private void Measure(PeerGroup group, CancellationToken stop)
    {
        using (group)
        {
            var before = _measuring.Rows.Count;
            _measuring.Measure(group, stop);
            Tell(group, [.. _measuring.Rows.Skip(before)]);
            Save(stopped: false);
        }
    }

    private PeersReport Finish(bool stopped)
    {
        var report = Save(stopped);
        PeersPage.Write(report, options.Output);
        return report;
    }

    private void MeasureInFreshProcesses(CancellationToken stop)
    {
        var tasks = (options.Tasks.Count > 0 ? options.Tasks : MainTasks).Intersect(MainTasks).ToArray();
        if (tasks.Length == 0)
        {
            return;
        }

        int[] lengths = options.Lengths.Count > 0 ? [.. options.Lengths.Order()] : [1024, 4096];
        Add(FreshProcesses.DefaultAllocator, ["--allocator", "default", "--tasks", .. tasks], lengths, stop);
        if (Machine.VectorBits > 256 && tasks.Intersect(["linear", "causal-linear"]).ToArray() is { Length: > 0 } narrow)
        {
            Add(FreshProcesses.WithoutAvx512, ["--tasks", .. narrow], lengths, stop);
        }

        if (PeakMemory.Unsupported is null)
        {
            foreach (var task in tasks.Select(PeerTask.Of))
            {
                MeasureWorkspaces(task, lengths, stop);
            }
        }
    }

    private void Add(IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments, int[] lengths, CancellationToken stop)
    {
        Console.WriteLine($"In a process of its own: {string.Join(' ', arguments)}");
        string[] sizes = ["--in-process", "--seconds", Text(options.Seconds ?? options.Depth.Seconds), "--lengths", .. lengths.Select(length => Text(length))];
        string[] given =
        [
            .. options.HeadDimensions.SelectMany(dimension => new[] { "--head-dimensions", Text(dimension) }),
            .. options.Heads.SelectMany(heads => new[] { "--heads", Text(heads) }),
        ];
        if (_fresh.Report(environment, [.. arguments, .. sizes, .. given], stop) is { } report)
        {
            _measuring.Rows.AddRange(report.Rows);
            _measuring.Refused.AddRange(report.Refused);
            Save(stopped: false);
        }
        else
        {
            Console.Error.WriteLine("That process ended before it had results.");
        }
    }

    private void MeasureWorkspaces(PeerTask task, int[] lengths, CancellationToken stop)
    {
        AttentionShape[] shapes = [.. PeerPlan.Of(options with { Tasks = [task.Name], Lengths = lengths }).Select(cell => cell.Shape)];
        using var group = task.Group(shapes[^1]);
        foreach (var form in group.Forms.Where(form => _measuring.Rows.Any(row => row.Task == task.Name && row.Form == form.Name)))
        {
            Console.WriteLine($"Workspace of {task.Name}, {form.Name}, in a process of its own");
            var bytes = _fresh.Workspaces(task, form.Name, shapes, stop);
            _workspaces.AddRange(shapes.Zip(bytes, (shape, peak) => new PeerWorkspace(task.Name, shape, form.Name, form.Library, peak)));
            _measuring.Skipped.AddRange(shapes.Skip(bytes.Count).Select(shape =>
                new SkippedForm(task.Name, shape, form.Name, form.Library, "its peak memory: the process that was to measure it ended before")));
            Save(stopped: false);
        }
    }

    private PeersReport Save(bool stopped)
    {
        var report = new PeersReport
        {
            Machine = Machine,
            Depth = options.Depth.Name,
            Threads = TorchRuntime.Threads,
            Defaults = Defaults(),
            Seconds = Math.Round(_watch.Elapsed.TotalSeconds, 1),
            Stopped = stopped,
            Rows = [.. _measuring.Rows],
            Workspaces = [.. _workspaces],
            Refused = [.. _measuring.Refused],
            Skipped = [.. _measuring.Skipped],
        };
        Write(PeersReport.FileName, PeersJson.Write(report));
        Write("peers.md", PeersMarkdown.Write(report));
        return report;
    }

    private void Write(string file, string text) => WholeFile.Write(Path.Combine(options.Output, file), Encoding.UTF8.GetBytes(text));

    private static string[] Defaults() =>
    [
        .. from mechanism in new[] { AttentionMechanism.LinearRelu, AttentionMechanism.Softmax }
           from use in new AttentionUse[] { new(), new() { Causal = true }, new() { Gradients = true }, new() { Causal = true, Gradients = true } }
           select mechanism.Explain(PeerPlan.Shape(8, 2048, 64), use),
    ];

    private static void Tell(PeerGroup group, PeerRow[] rows)
    {
        var own = rows.FirstOrDefault(row => row.Library == PeerForm.Own);
        var best = rows.Where(row => row.Library is not (PeerForm.Own or PeerForm.Reference)).MinBy(row => row.CpuMs);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PeersMarkdown.Text(group.Shape),-20} {group.Task,-24} ")
            + (own is null ? "nothing of ours measured" : string.Create(CultureInfo.InvariantCulture, $"{own.CpuMs,9:0.000} ms"))
            + (own is null || best is null ? "" : string.Create(
                CultureInfo.InvariantCulture, $"; best peer {best.CpuMs,9:0.000} ms ({best.Library}, {best.Form}): {best.CpuMs / own.CpuMs:0.00} times as fast")));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
