namespace AttentionML.Fused;

/// <summary>Divides jobs among threads, always in the same way, so that the same number of threads gives the same numbers.</summary>
internal static class Workers
{
    /// <summary>Runs <paramref name="work"/> over adjacent ranges of jobs, on the calling thread alone where one thread is enough.</summary>
    public static void Run(int threads, int jobs, Action<int, int> work)
    {
        threads = int.Min(threads, jobs);
        if (threads <= 1)
        {
            work(0, jobs);
            return;
        }

        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
            work((int)((long)jobs * thread / threads), (int)((long)jobs * (thread + 1) / threads)));
    }
}
