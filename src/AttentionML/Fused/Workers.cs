namespace AttentionML.Fused;

/// <summary>
/// Divides jobs among threads, always into the same ranges, so that the same number of threads gives the same numbers. Which thread takes a range
/// is left open: one that wakes up late, or whose core is busy with something else, takes fewer.
/// </summary>
internal static class Workers
{
    private const int RangesPerThread = 4;

    /// <summary>Runs <paramref name="work"/> over adjacent ranges of jobs, on the calling thread alone where one thread is enough.</summary>
    public static void Run(int threads, int jobs, Action<int, int> work)
    {
        threads = int.Min(threads, jobs);
        if (threads <= 1)
        {
            work(0, jobs);
            return;
        }

        var ranges = int.Min(jobs, checked(RangesPerThread * threads));
        Parallel.For(0, ranges, new ParallelOptions { MaxDegreeOfParallelism = threads }, range =>
            work((int)((long)jobs * range / ranges), (int)((long)jobs * (range + 1) / ranges)));
    }
}
