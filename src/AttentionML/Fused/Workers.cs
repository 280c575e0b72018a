namespace AttentionML.Fused;

/// <summary>
/// Divides jobs into ranges, always the same ones for the same number of threads. Each thread takes the next range when it is done with one, so that
/// one that wakes up late, or whose core has a neighbour, takes fewer.
/// </summary>
internal static class Workers
{
    private const int RangesPerThread = 4;

    /// <summary>Runs <paramref name="work"/> over adjacent ranges of jobs (from, to), on the calling thread alone where one thread is enough.</summary>
    /// <param name="threads">The most threads.</param>
    /// <param name="jobs">How many jobs.</param>
    /// <param name="work">Does a range of them.</param>
    /// <param name="together">Jobs that cost less in one range, which has as many where every thread still gets one.</param>
    public static void Run(int threads, int jobs, Action<int, int> work, int together = 1)
    {
        threads = int.Min(threads, jobs);
        if (threads <= 1)
        {
            work(0, jobs);
            return;
        }

        var ranges = int.Max(threads, int.Min(jobs / together, checked(RangesPerThread * threads)));
        var last = -1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            for (long range; (range = Interlocked.Increment(ref last)) < ranges;)
            {
                work((int)(jobs * range / ranges), (int)(jobs * (range + 1) / ranges));
            }
        });
    }
}
