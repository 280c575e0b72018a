using System.Diagnostics;

namespace AttentionML.Comparison;

/// <summary>One run of a comparison: its steps, and what they have measured so far.</summary>
internal sealed class ComparisonRun(ComparisonOptions options, ComparisonData data, ComparisonPlan plan, string allocator)
{
    private readonly MachineInfo _machine = MachineInfo.Read();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ComparisonForecast _forecast = new(options);
    private readonly ComparisonMemory _memory = new(options, plan);
    private readonly List<ComparisonResult> _results = [];
    private readonly List<SkippedCell> _skipped = [];

    /// <summary>The models, then memory, then time by rising length, so that whatever ends the run leaves whole rows.</summary>
    public IEnumerable<ComparisonStep> Steps() => [.. Exports(), .. _memory.Steps(_forecast, _skipped), .. Timings()];

    /// <summary>What has been measured.</summary>
    public ComparisonReport Report(bool stopped)
    {
        var analysis = new ComparisonAnalysis(_results, options.BatchSize, byCpu: options.Device == "cpu");
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
        Rounds = _results.Count == 0 ? null : [_results.Min(cell => cell.Timing.Rounds), _results.Max(cell => cell.Timing.Rounds)],
        Stopped = stopped,
        Seconds = Math.Round(_watch.Elapsed.TotalSeconds, 1),
        Skipped = [.. _skipped],
    };

    private IEnumerable<ComparisonStep> Exports() =>
        from curve in plan.Curves
        where curve.Stage == ComparisonStage.Onnx
        from masked in plan.SequenceLengths.Select(length => CellRun.NeedsMask(curve, data.Take(length))).Distinct()
        select new ComparisonStep($"Exporting {curve.Mechanism}{(curve.Causal ? ", causal" : "")}", 0.5, (_, _) =>
        {
            OnnxRun.Export(curve, masked, options);
            return false;
        });

    private IEnumerable<ComparisonStep> Timings() =>
        from length in plan.SequenceLengths
        from curves in plan.Curves.GroupBy(curve => curve.Causal)
        let doing = $"Timing length {length}{(curves.Key ? ", causal" : "")}"
        let rounds = options.Depth.Measuring.MinimumRounds + 1
        let seconds = options.Depth.Measuring.Budget.TotalSeconds + curves.Sum(curve => _forecast.Call(curve, length).TotalSeconds * rounds / 4)
        select new ComparisonStep(doing, seconds, (progress, cancellation) => Time([.. curves], length, progress, cancellation));

    private bool Time(IReadOnlyList<ComparisonCurve> curves, int length, IProgress<double> progress, CancellationToken cancellation)
    {
        curves = [.. curves.Where(curve => IsWanted(curve, length))];
        var inputs = data.Take(length);
        var runs = new List<CellRun>();
        try
        {
            runs.AddRange(curves.Select(curve => CellRun.Prepare(curve, inputs, options)));
            var variants = runs.Zip(curves, (run, curve) => new MeasuredVariant(curve.ToString(), run.Run)).ToArray();
            var timings = new MeasuringHarness(options.Depth.Measuring).Measure(variants, progress, cancellation);
            foreach (var (curve, timing) in curves.Zip(timings))
            {
                _forecast.Learn(curve, length, timing);
                _results.Add(new(curve, length, _forecast.CostOf(curve, length), timing, _memory.Peak(curve, length)));
            }
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }

        return curves.Count > 0;
    }

    private bool IsWanted(ComparisonCurve curve, int length)
    {
        var reason = _forecast.Refuse(curve, length, options.Depth.TimeLimit - _watch.Elapsed);
        if (reason is not null)
            _skipped.Add(SkippedCell.Of(curve, length, "time", reason));

        return reason is null;
    }
}
