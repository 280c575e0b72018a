using AttentionML.Plans;

namespace AttentionML.Tests.Plans;

public class PlanPoolTests
{
    private readonly PlanPool _pool = new(shape =>
    {
        var plan = new PlanBuilder();
        var input = plan.Input(shape.BatchSize, shape.Length);
        return plan.Build([plan.Map(input, (x, y) => x.CopyTo(y))]);
    });

    [Fact]
    public void Start_ManyTimesAfterALongSequence_LetsItsMemoryGo()
    {
        Run(1_000_000);
        Assert.InRange(_pool.IdleSize, 1_000_000, int.MaxValue);

        Repeat(2 * PlanPool.RunsOfAReview, () => Run(16));

        Assert.InRange(_pool.IdleSize, 16, 1000);
    }

    [Fact]
    public void Start_ManyTimesAfterManyCallersAtOnce_LetsTheirMemoryGo()
    {
        PlanRun[] runs = [.. Enumerable.Range(0, 64).Select(_ => _pool.Start(new(1, 1000)))];
        Array.ForEach(runs, run => run.Dispose());
        Assert.InRange(_pool.IdleSize, 64_000, int.MaxValue);

        Repeat(2 * PlanPool.RunsOfAReview, () => Run(1000));

        Assert.InRange(_pool.IdleSize, 1000, 8000);
    }

    [Fact]
    public void Start_ManyTimesOfSimilarLengths_KeepsTheMemory()
    {
        Run(1000);
        var kept = _pool.IdleSize;

        Repeat(5 * PlanPool.RunsOfAReview, () =>
        {
            Run(600);
            Assert.Equal(kept, _pool.IdleSize);
        });
    }

    [Fact]
    public void Start_WhileALongRunGoesOn_LeavesItItsMemory()
    {
        using var run = _pool.Start(new(1, 100_000));
        run.Input(0).Fill(7);

        Repeat(3 * PlanPool.RunsOfAReview, () => Run(16));
        run.Run();

        Assert.True(run.Output(0).IndexOfAnyExcept(7f) < 0);
    }

    [Theory]
    [InlineData(1 << 16, 1 << 16)] // more than an int counts
    [InlineData(1 << 15, 1 << 15)] // two of them are
    public void Start_OfMoreThanAPlanCanHold_SaysTheLimit(int batchSize, int length)
    {
        var message = Assert.Throws<ArgumentException>(() => _pool.Start(new(batchSize, length))).Message;

        Assert.Contains($"{batchSize} sequences of {length} steps need more than the {PinnedNumbers.LargestCount} numbers", message, StringComparison.Ordinal);
        Assert.Contains("more than 256 features", message, StringComparison.Ordinal);
    }

    private static void Repeat(int count, Action action)
    {
        for (var i = 0; i < count; i++)
        {
            action();
        }
    }

    private void Run(int length)
    {
        using var run = _pool.Start(new(1, length));
        run.Run();
    }
}
