using TorchSharp;

namespace AttentionML.Native;

/// <summary>libtorch in this process: loading it, and its two settings.</summary>
public static class TorchRuntime
{
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads libtorch, or says why it cannot be loaded. Later calls return at once or throw the same exception.</summary>
    /// <remarks>Everything in this library that uses torch calls it first. Safe from many threads and processes at once.</remarks>
    /// <exception cref="TorchLoadException">libtorch cannot be loaded here; the message names the cause and the alternative.</exception>
    public static void Initialize() => _ = Loaded.Value;

    /// <summary>What was loaded, for a report: such as "libtorch 2.10.0 through TorchSharp 0.107.0". Loads it if need be.</summary>
    /// <exception cref="TorchLoadException">libtorch cannot be loaded here.</exception>
    public static string Description => Loaded.Value;

    /// <summary>The number of threads that one torch operation may use. The default value is 1.</summary>
    /// <remarks>
    /// <para>
    /// One, because ML.NET brings threads of its own: torch's OpenMP threads wait for each other by spinning, and where other work holds a
    /// core every operation waits for the slowest. Measured on a loaded 2-core machine, 1000 products of 256 x 256 matrices: 1.7 to 5.2 s
    /// with 1 thread, 16 to 33 s with 2. Raise it where the machine is otherwise idle and operations are large (there 2 threads gave 1.9x).
    /// </para>
    /// <para>
    /// Set it at the start: libtorch applies it to the calling thread and to threads that have not used torch yet; the others keep theirs.
    /// <see cref="Initialize"/> sets 1, also where <c>torch.set_num_threads</c> was called before.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    /// <exception cref="TorchLoadException">libtorch cannot be loaded here.</exception>
    public static int Threads
    {
        get
        {
            Initialize();
            return torch.get_num_threads();
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            Initialize();
            torch.set_num_threads(value);
        }
    }

    /// <summary>The same, or 1 where libtorch is not loaded yet: that is what it will be. Loads nothing.</summary>
    internal static int ThreadsOnceLoaded => Loaded.IsValueCreated ? Threads : 1;

    /// <summary>
    /// Makes the C library keep freed memory for the next tensor, in this process and for its life. Not done by default: it is the
    /// application's decision.
    /// </summary>
    /// <remarks>
    /// <para>
    /// By default glibc gives every block above 32 MB back to the system when it is freed, and libtorch has each large temporary mapped
    /// in again, page by page. Measured on a virtual machine, CPU time of softmax attention with stored scores (B=1, H=8, d=64), by
    /// default and with memory kept: N=1024 379 to 422 and 40 to 48 ms, N=2048 1490 to 1860 and 160 to 190 ms. The gain is smaller where
    /// page faults are cheaper. The price is memory: the process keeps its peak, and that was 1.1 to 2.1 GB instead of 0.6 GB at N=2048.
    /// </para>
    /// <para>
    /// Call it first in <c>Main</c>: threads that have allocated before keep a pool of their own, from which blocks above 64 MB are still
    /// given back. Threads share one pool afterwards. It cannot be undone: glibc does not adjust its thresholds by itself any more.
    /// It sets M_MMAP_MAX to 0, M_TRIM_THRESHOLD to none, M_TOP_PAD to 64 MB and M_ARENA_MAX to 1 (mallopt(3)), and does not load libtorch.
    /// </para>
    /// </remarks>
    /// <exception cref="PlatformNotSupportedException">The system's C library is not glibc.</exception>
    public static void KeepFreedMemory() => Glibc.KeepFreedMemory();

    private static string Load()
    {
        var description = TorchLoader.Load();
        torch.set_num_threads(1);
        return description;
    }
}
