namespace AttentionML.Measuring;

/// <summary>
/// Times variants against one another in one process: warmed up, in rounds in which every variant has its turn, so that whatever else the
/// machine does falls on all alike. Compare ratios of its results, of processor time where the machine is shared.
/// </summary>
/// <param name="options">How long to measure; null takes the defaults.</param>
/// <param name="clock">Where time is read; null takes <see cref="MeasuringClock.Process"/>.</param>
public sealed class MeasuringHarness(MeasuringOptions? options = null, MeasuringClock? clock = null)
{
    private const int MaximumCalls = 20_000;
    private const int MaximumTurns = 8;
    private const int SettlingCalls = 6;
    private static readonly TimeSpan ShortCall = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongCall = TimeSpan.FromMilliseconds(100);

    private readonly MeasuringOptions _options = options ?? new();
    private readonly MeasuringClock _clock = clock ?? MeasuringClock.Process;

    /// <summary>Times the variants.</summary>
    /// <param name="variants">What to time.</param>
    /// <param name="progress">Told the part done, from 0 to 1, after every sample.</param>
    /// <param name="cancellation">Checked before every sample.</param>
    /// <returns>One timing per variant, in their order.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was asked for.</exception>
    public IReadOnlyList<Timing> Measure(
        IReadOnlyList<MeasuredVariant> variants, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(variants);
        _options.Validate();

        var call = variants.Select(variant => WarmUp(variant, cancellation)).ToArray();
        var calls = call.Select(Calls).ToArray();
        var sample = call.Zip(calls, (time, count) => time * count).ToArray();
        var turns = sample.Select(time => Turns(time, sample.Max())).ToArray();
        var round = sample.Zip(turns, (time, count) => time * count).Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
        int[] order = [.. turns.SelectMany((count, variant) => Enumerable.Repeat(variant, count))];

        var rounds = Rounds(round);
        var samples = variants.Select(_ => new List<(TimeSpan Wall, TimeSpan Cpu)>()).ToArray();
        for (var done = 0; done < rounds * order.Length; done++)
        {
            cancellation.ThrowIfCancellationRequested();
            var i = order[done % order.Length];
            samples[i].Add(Sample(variants[i], calls[i]));
            progress?.Report((done + 1.0) / (rounds * order.Length));
        }

        return [.. samples.Select(Summary)];
    }

    // The first calls load, allocate and compile, and until the allocator has settled a few more take fresh pages; the quickest tells how
    // long a call takes. One long call warms enough.
    private TimeSpan WarmUp(MeasuredVariant variant, CancellationToken cancellation)
    {
        var started = _clock.Wall;
        var quickest = TimeSpan.MaxValue;
        for (var call = 0; call < 2 || IsCold(call, quickest, _clock.Wall - started); call++)
        {
            cancellation.ThrowIfCancellationRequested();
            var wall = Sample(variant, 1).Wall;
            quickest = wall < quickest ? wall : quickest;
            if (wall > LongCall)
            {
                break;
            }
        }

        return quickest > TimeSpan.Zero ? quickest : TimeSpan.FromTicks(1);
    }

    private int Calls(TimeSpan call) =>
        call >= _options.Sample ? 1 : (int)Math.Clamp(Math.Ceiling(_options.Sample / call), 1, MaximumCalls);

    // Where a long call leaves time for few rounds, short ones beside it have several turns in each: a tenth of the time of the longest.
    private static int Turns(TimeSpan sample, TimeSpan longest) => (int)Math.Clamp(0.1 * longest / sample, 1, MaximumTurns);

    private bool IsCold(int calls, TimeSpan quickest, TimeSpan elapsed) =>
        quickest < ShortCall ? elapsed < _options.WarmUp : calls < SettlingCalls && elapsed < LongCall;

    private int Rounds(TimeSpan round) =>
        (int)Math.Clamp(_options.Budget / round, _options.MinimumRounds, _options.MaximumRounds);

    private (TimeSpan Wall, TimeSpan Cpu) Sample(MeasuredVariant variant, int calls)
    {
        var (wall, cpu) = (_clock.Wall, _clock.Cpu);
        for (var call = 0; call < calls; call++)
        {
            variant.Run();
        }

        cpu = _clock.Cpu - cpu;
        return ((_clock.Wall - wall) / calls, cpu / calls);
    }

    private static Timing Summary(List<(TimeSpan Wall, TimeSpan Cpu)> samples)
    {
        var wall = samples.Select(sample => sample.Wall.TotalMilliseconds).Order().ToArray();
        var cpu = samples.Select(sample => sample.Cpu.TotalMilliseconds).Order().ToArray();
        return new(Quantile(wall, 0.5), Quantile(wall, 0.2), Quantile(wall, 0.8), Quantile(cpu, 0.5), cpu[0], samples.Count);
    }

    // Between two samples it interpolates, as NumPy's default does.
    private static double Quantile(double[] sorted, double part)
    {
        var at = part * (sorted.Length - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }
}
