using System.Diagnostics;
using AttentionML.Measuring;

namespace AttentionML.Comparison;

/// <summary>One run of a comparison: its steps, and what they have measured so far.</summary>
internal sealed class ComparisonRun(ComparisonOptions options, ComparisonData data, ComparisonPlan plan, string allocator)
{
    // The rest is for memory.
    private const double PartForTimings = 0.75;

    private readonly MachineInfo _machine = MachineInfo.Read();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ComparisonForecast _forecast = new(options);
    private readonly ComparisonMemory _memory = new(options, plan);
    private readonly List<ComparisonResult> _results = [];
    private readonly List<SkippedCell> _skipped = [];

    private TimeSpan? TimeLeft => options.Depth.TimeLimit - _watch.Elapsed;

    /// <summary>The models, then time by falling length, then memory, which is added to the rows.</summary>
    public IEnumerable<ComparisonStep> Steps() => [.. Exports(), .. Timings(), .. _memory.Steps(() => TimeLeft, _results)];

    /// <summary>What has been measured.</summary>
    public ComparisonReport Report(bool stopped)
    {
        var analysis = new ComparisonAnalysis(_results, _memory.Peak, options.BatchSize, byCpu: options.Device == "cpu");
        return new()
        {
            Machine = _machine,
            Settings = Settings(stopped),
            Measurements = analysis.Measurements(),
            Scaling = analysis.Scaling(),
        };
    }

    private ComparisonSettings Settings(bool stopped) => new()
    {
        Depth = options.Depth.Name,
        Data = data.Name,
        BatchSize = options.BatchSize,
        HeadCount = options.HeadCount,
        HeadDimension = options.HeadDimension,
        SequenceLengths = plan.SequenceLengths,
        Device = options.Device,
        Seed = options.Seed,
        Threads = options.Threads,
        Allocator = allocator,
        Headline = options.Device == "cpu" ? "cpuMs" : "medianMs",
        Baseline = ComparisonAnalysis.Baseline,
        Memory = _memory.Description,
        Samples = _results.Count == 0 ? null : [_results.Min(cell => cell.Timing.Samples), _results.Max(cell => cell.Timing.Samples)],
        Stopped = stopped,
        Seconds = Math.Round(_watch.Elapsed.TotalSeconds, 1),
        Skipped = [.. _skipped, .. _memory.Skipped],
    };

    private IEnumerable<ComparisonStep> Exports() =>
        from curve in plan.Curves
        where curve.Stage == ComparisonStage.Onnx
        from masked in plan.SequenceLengths.Select(length => CellRun.NeedsMask(curve, data.IsPadded(length))).Distinct()
        select new ComparisonStep($"Exporting {curve.Mechanism}{(curve.Causal ? ", causal" : "")}", 0.5, (_, _) =>
        {
            OnnxRun.Export(curve, masked, options);
            return false;
        });

    private IEnumerable<ComparisonStep> Timings()
    {
        var groups = plan.Groups.ToArray();
        return groups.Select((group, i) => new ComparisonStep(
            $"Timing length {group.SequenceLength}{(group.Causal ? ", causal" : "")}",
            options.Depth.Measuring.Budget.TotalSeconds + (Seconds(group) * options.Depth.Measuring.MinimumRounds),
            (progress, cancellation) => Time(group, groups[(i + 1)..], progress, cancellation)));
    }

    private bool Time(
        ComparisonGroup group, IReadOnlyList<ComparisonGroup> later, IProgress<double> progress, CancellationToken cancellation)
    {
        foreach (var curve in group.Curves)
        {
            if (_forecast.Refuse(curve, group.SequenceLength) is { } reason)
            {
                group = Without(group, curve, reason);
            }
        }

        // Where the time is short, the least important go first, and of those the dearest.
        while (group.Curves.Count > 0)
        {
            var pace = new ComparisonPace(options.Depth.Measuring, [Seconds(group), .. later.Select(Seconds)]);
            if (pace.First((options.Depth.TimeLimit * PartForTimings) - _watch.Elapsed) is { } measuring)
            {
                Time(group, measuring, progress, cancellation);
                break;
            }

            var first = group.Curves.OrderBy(Importance).ThenByDescending(curve => _forecast.Seconds(curve, group.SequenceLength)).First();
            group = Without(group, first, $"the {options.Depth.TimeLimit?.TotalSeconds:0} s of a {options.Depth.Name} run were used up");
        }

        return true;
    }

    private void Time(ComparisonGroup group, MeasuringOptions measuring, IProgress<double> progress, CancellationToken cancellation)
    {
        var inputs = data.Take(group.SequenceLength);
        var runs = new List<CellRun>();
        try
        {
            runs.AddRange(group.Curves.Select(curve => CellRun.Prepare(curve, inputs, options)));
            runs.ForEach(run => run.Settle());
            var variants = runs.Zip(group.Curves, (run, curve) => new MeasuredVariant(curve.ToString(), run.Run)).ToArray();
            var timings = new MeasuringHarness(measuring).Measure(variants, progress, cancellation);
            foreach (var (curve, run, all) in group.Curves.Zip(runs, timings))
            {
                var timing = all / run.BatchCount;
                _forecast.Learn(curve, group.SequenceLength, timing);
                _results.Add(new(curve, group.SequenceLength, _forecast.CostOf(curve, group.SequenceLength), timing));
            }
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    private ComparisonGroup Without(ComparisonGroup group, ComparisonCurve curve, string reason)
    {
        _skipped.Add(SkippedCell.Of(curve, group.SequenceLength, "time", reason));
        return group with { Curves = [.. group.Curves.Where(other => other != curve)] };
    }

    // Without the baseline nothing can be compared; the bare mechanisms tell of growth.
    private static int Importance(ComparisonCurve curve) => curve.Stage != ComparisonStage.Mechanism ? 0
        : curve == ComparisonAnalysis.BaselineOf(curve) ? 3
        : curve.Mechanism.CostExponent > 1 ? 1
        : 2;

    // One round of what is not refused.
    private double Seconds(ComparisonGroup group) => group.Curves
        .Where(curve => _forecast.Refuse(curve, group.SequenceLength) is null)
        .Sum(curve => _forecast.Seconds(curve, group.SequenceLength));
}
