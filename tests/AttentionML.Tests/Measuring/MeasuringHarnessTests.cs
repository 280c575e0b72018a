using AttentionML.Measuring;

namespace AttentionML.Tests.Measuring;

public class MeasuringHarnessTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void Measure_KnownTimes_GivesMedianAndQuantiles()
    {
        var calls = 0;

        // Six calls to warm up, then rounds of 10, 20, 30, 40 and 50 ms of wall time at half of that on the processor.
        var timing = Measure(new() { Budget = TimeSpan.FromMilliseconds(10), MinimumRounds = 5 }, new("a", () =>
        {
            var ms = calls++ < 6 ? 10 : (calls - 6) * 10;
            _clock.Spend(ms, ms / 2.0);
        }));

        Assert.Equal(new Timing(30, 18, 42, 15, 5, 5), timing);
    }

    [Fact]
    public void Measure_SeveralVariants_TakesTurns()
    {
        var order = "";
        MeasuredVariant Variant(string name) => new(name, () =>
        {
            order += name;
            _clock.Spend(5, 5);
        });

        new MeasuringHarness(new() { Budget = TimeSpan.FromMilliseconds(10), MinimumRounds = 3 }, _clock)
            .Measure([Variant("a"), Variant("b")], cancellation: TestContext.Current.CancellationToken);

        Assert.Equal("aaaaaabbbbbb" + "ababab", order);
    }

    [Fact]
    public void Measure_ShortBesideLong_TakesSeveralTurnsInARound()
    {
        var order = "";
        MeasuredVariant Variant(string name, int ms) => new(name, () =>
        {
            order += name;
            _clock.Spend(ms, ms);
        });

        var timings = new MeasuringHarness(new() { Budget = TimeSpan.Zero, MinimumRounds = 2 }, _clock)
            .Measure([Variant("a", 5), Variant("b", 100)], cancellation: TestContext.Current.CancellationToken);

        Assert.Equal("aaaaaabb" + "aabaab", order);
        Assert.Equal([4, 2], timings.Select(timing => timing.Samples));
    }

    [Fact]
    public void Measure_ShortCalls_FillTheSampleAndDivide()
    {
        var calls = 0;
        var timing = Measure(new() { Budget = TimeSpan.FromMilliseconds(1), MinimumRounds = 3, WarmUp = TimeSpan.Zero }, new("a", () =>
        {
            calls++;
            _clock.Spend(0.5, 0.25);
        }));

        Assert.Equal(2 + (3 * 8), calls);
        Assert.Equal((0.5, 0.25), (timing.MedianMs, timing.CpuMs));
    }

    [Fact]
    public void Measure_ShortCalls_WarmUpForTheWholeTime()
    {
        var calls = 0;
        Measure(new() { Budget = TimeSpan.FromMilliseconds(1), MinimumRounds = 1, WarmUp = TimeSpan.FromMilliseconds(30) }, new("a", () =>
        {
            calls++;
            _clock.Spend(0.5, 0.5);
        }));

        Assert.Equal(60 + 8, calls);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(100, 10)]
    [InlineData(100_000, 60)]
    public void Measure_Budget_DecidesTheRounds(int budgetMs, int rounds)
    {
        var timing = Measure(new() { Budget = TimeSpan.FromMilliseconds(budgetMs) }, new("a", () => _clock.Spend(10, 10)));

        Assert.Equal(rounds, timing.Samples);
    }

    [Fact]
    public void Measure_LongCall_IsWarmedUpOnce()
    {
        var calls = 0;
        Measure(new() { Budget = TimeSpan.Zero, MinimumRounds = 2 }, new("a", () =>
        {
            calls++;
            _clock.Spend(150, 150);
        }));

        Assert.Equal(1 + 2, calls);
    }

    [Fact]
    public void Measure_FrozenClock_Ends() =>
        Assert.Equal(0, Measure(new() { WarmUp = TimeSpan.Zero, MaximumRounds = 3 }, new("a", () => { })).MedianMs);

    [Fact]
    public void Measure_Cancelled_StopsBeforeTheNextSample()
    {
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var variant = new MeasuredVariant("a", () =>
        {
            _clock.Spend(5, 5);
            if (++calls == 8)
            {
                stop.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() => new MeasuringHarness(null, _clock).Measure([variant], cancellation: stop.Token));
        Assert.Equal(8, calls);
    }

    [Fact]
    public void Measure_Progress_EndsAtOne()
    {
        var progress = new LastProgress();
        Measure(new() { Budget = TimeSpan.Zero }, new("a", () => _clock.Spend(5, 5)), progress);

        Assert.Equal(1, progress.Last);
    }

    private Timing Measure(MeasuringOptions options, MeasuredVariant variant, IProgress<double>? progress = null) =>
        new MeasuringHarness(options, _clock).Measure([variant], progress, TestContext.Current.CancellationToken)[0];

    private sealed class LastProgress : IProgress<double>
    {
        public double Last { get; private set; }

        public void Report(double value) => Last = value;
    }
}
