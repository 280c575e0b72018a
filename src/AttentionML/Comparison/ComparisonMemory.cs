using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>The memory that a comparison measures: one fresh process for each mechanism and direction.</summary>
internal sealed class ComparisonMemory(ComparisonOptions options, ComparisonPlan plan)
{
    private readonly Dictionary<(ComparisonCurve, int), long> _peaks = [];

    /// <summary>How it is measured, or why not.</summary>
    public string Description => Impossible() ?? "peak of the resident memory beyond the inputs, in a fresh process with an allocator that "
        + $"gives memory back; stages {string.Join(", ", options.Depth.MemoryStages)}; lengths "
        + $"from {options.Depth.MemoryFrom}";

    public long? Peak(ComparisonCurve curve, int length) => _peaks.TryGetValue((curve, length), out var bytes) ? bytes : null;

    public IEnumerable<ComparisonStep> Steps(ComparisonForecast forecast, List<SkippedCell> skipped)
    {
        if (Impossible() is not null || !Lengths().Any())
            yield break;

        foreach (var curves in plan.Curves.GroupBy(curve => (curve.Mechanism, curve.Causal)))
        {
            // A mechanism of the caller's own is not known by name in another process.
            if (!AttentionMechanism.TryParse(curves.Key.Mechanism.Name, out var known) || known != curves.Key.Mechanism)
                continue;

            var doing = $"Measuring the memory of {curves.Key.Mechanism}{(curves.Key.Causal ? ", causal" : "")}";
            yield return new(doing, 1.5, (_, cancellation) => Measure([.. curves], forecast, skipped, cancellation));
        }
    }

    private string? Impossible() => options.Memory is null ? "not measured: the caller named no program to run again"
        : options.Device != "cpu" ? $"not measured: on {options.Device} the process does not show it"
        : PeakMemory.Unsupported is { } reason ? $"not measured: {reason}"
        : null;

    private IEnumerable<int> Lengths() =>
        plan.SequenceLengths.Where(length => length >= options.Depth.MemoryFrom);

    private bool Measure(
        IReadOnlyList<ComparisonCurve> curves, ComparisonForecast forecast, List<SkippedCell> skipped, CancellationToken cancellation)
    {
        var cells = new List<(ComparisonCurve Curve, int Length)>();
        foreach (var length in Lengths())
        {
            foreach (var curve in curves.Where(curve => options.Depth.MemoryStages.Contains(curve.Stage)))
            {
                if (forecast.Refuse(curve, length, left: null) is { } reason)
                    skipped.Add(SkippedCell.Of(curve, length, "memory", reason));
                else
                    cells.Add((curve, length));
            }
        }

        var bytes = options.Memory!.Measure(Request(curves[0], cells), cancellation);
        cancellation.ThrowIfCancellationRequested();
        foreach (var ((curve, length), peak) in cells.Zip(bytes))
        {
            if (peak is { } measured)
                _peaks.Add((curve, length), measured);
            else
                skipped.Add(SkippedCell.Of(curve, length, "memory", "the process that was to measure it ended before."));
        }

        return false;
    }

    private MemoryRequest Request(ComparisonCurve curve, IEnumerable<(ComparisonCurve Curve, int Length)> cells) => new()
    {
        Mechanism = curve.Mechanism.Name,
        Causal = curve.Causal,
        BatchSize = options.BatchSize,
        HeadCount = options.HeadCount,
        HeadDimension = options.HeadDimension,
        Seed = options.Seed,
        SeriesPath = options.SeriesPath,
        OnnxDirectory = options.OnnxDirectory,
        Cells = [.. cells.Select(cell => new MemoryCell(cell.Curve.Form, cell.Curve.Stage, cell.Length))],
    };
}
