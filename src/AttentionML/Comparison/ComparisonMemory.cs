using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>The memory that a comparison measures: one fresh process for each mechanism and direction.</summary>
internal sealed class ComparisonMemory(ComparisonOptions options, ComparisonPlan plan)
{
    private readonly Dictionary<(ComparisonCurve, int), long> _peaks = [];
    private readonly List<SkippedCell> _skipped = [];

    /// <summary>How it is measured, or why not.</summary>
    public string Description => Impossible() ?? "peak of the resident memory beyond the inputs, in a fresh process with an allocator that "
        + $"gives memory back; stages {string.Join(", ", options.Depth.MemoryStages)}; lengths "
        + $"from {options.Depth.MemoryFrom}";

    public long? Peak(ComparisonCurve curve, int length) => _peaks.TryGetValue((curve, length), out var bytes) ? bytes : null;

    /// <summary>Cells that were timed, and whose memory is not known.</summary>
    public IReadOnlyList<SkippedCell> Skipped => _skipped;

    /// <summary>One step for each mechanism and direction; every step asks for what has been timed until then.</summary>
    public IEnumerable<ComparisonStep> Steps(Func<TimeSpan?> left, IReadOnlyList<ComparisonResult> timed)
    {
        if (Impossible() is not null || !plan.SequenceLengths.Any(IsMeasured))
        {
            yield break;
        }

        foreach (var curves in plan.Curves.GroupBy(curve => (curve.Mechanism, curve.Causal)))
        {
            // A mechanism of the caller's own is not known by name in another process.
            if (!AttentionMechanism.TryParse(curves.Key.Mechanism.Name, out var known) || known != curves.Key.Mechanism)
            {
                continue;
            }

            var doing = $"Measuring the memory of {curves.Key.Mechanism}{(curves.Key.Causal ? ", causal" : "")}";
            yield return new(doing, 1.5, (_, cancellation) =>
            {
                var cells = timed.Where(cell => curves.Contains(cell.Curve) && IsMeasured(cell.SequenceLength)
                    && options.Depth.MemoryStages.Contains(cell.Curve.Stage));
                Measure([.. cells], left(), cancellation);
                return true;
            });
        }
    }

    private string? Impossible() => options.Memory is null ? "not measured: the caller named no program to run again"
        : options.Device != "cpu" ? $"not measured: on {options.Device} the process does not show it"
        : PeakMemory.Unsupported is { } reason ? $"not measured: {reason}"
        : null;

    private bool IsMeasured(int length) => length >= options.Depth.MemoryFrom;

    private void Measure(IReadOnlyList<ComparisonResult> cells, TimeSpan? left, CancellationToken cancellation)
    {
        if (cells.Count == 0)
        {
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (left is { } time)
        {
            stop.CancelAfter(time > TimeSpan.Zero ? time : TimeSpan.Zero);
        }

        var bytes = options.Memory!.Measure(Request(cells), stop.Token);
        cancellation.ThrowIfCancellationRequested();
        var reason = stop.IsCancellationRequested
            ? $"the {options.Depth.TimeLimit?.TotalSeconds:0} s of a {options.Depth.Name} run were used up"
            : "the process that was to measure it ended before";
        foreach (var (cell, peak) in cells.Zip(bytes))
        {
            if (peak is { } measured)
            {
                _peaks.Add((cell.Curve, cell.SequenceLength), measured);
            }
            else
            {
                _skipped.Add(SkippedCell.Of(cell.Curve, cell.SequenceLength, "memory", reason));
            }
        }
    }

    private MemoryRequest Request(IReadOnlyList<ComparisonResult> cells) => new()
    {
        Mechanism = cells[0].Curve.Mechanism.Name,
        Causal = cells[0].Curve.Causal,
        BatchSize = options.BatchSize,
        HeadCount = options.HeadCount,
        HeadDimension = options.HeadDimension,
        Seed = options.Seed,
        SeriesPath = options.SeriesPath,
        OnnxDirectory = options.OnnxDirectory,
        Cells = [.. cells.Select(cell => new MemoryCell(cell.Curve.Form, cell.Curve.Stage, cell.SequenceLength))],
    };
}
