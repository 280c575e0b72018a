using System.Collections.Concurrent;
using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

public class WorkersTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(2, 8)]
    [InlineData(3, 100)]
    [InlineData(16, 40)]
    public void Run_AnyNumberOfThreads_DoesEveryJobOnceInTheSameRanges(int threads, int jobs)
    {
        var (first, second) = (Ranges(threads, jobs), Ranges(threads, jobs));

        Assert.Equal(Enumerable.Range(0, jobs), first.SelectMany(range => Enumerable.Range(range.From, range.To - range.From)));
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData(2, 8, 8, 2)]
    [InlineData(2, 8, 2, 4)]
    [InlineData(2, 64, 8, 8)]
    [InlineData(2, 64, 1, 8)]
    [InlineData(3, 2, 8, 2)]
    public void Run_JobsThatBelongTogether_AreCutNoFurtherThanThreadsNeed(int threads, int jobs, int together, int expected) =>
        Assert.Equal(expected, Ranges(threads, jobs, together).Length);

    [Fact]
    public void Run_ThreadThatIsHeldUp_LeavesTheRestToTheOther()
    {
        using var othersAreDone = new ManualResetEventSlim();
        var done = 0;

        Workers.Run(2, 8, (from, _) =>
        {
            if (from == 0)
            {
                Assert.True(othersAreDone.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
            }
            else if (Interlocked.Increment(ref done) == 7)
            {
                othersAreDone.Set();
            }
        });

        Assert.Equal(7, done);
    }

    private static (int From, int To)[] Ranges(int threads, int jobs, int together = 1)
    {
        var ranges = new ConcurrentBag<(int From, int To)>();
        Workers.Run(threads, jobs, (from, to) => ranges.Add((from, to)), together);
        return [.. ranges.Order()];
    }
}
