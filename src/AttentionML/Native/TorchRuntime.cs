using TorchSharp;

namespace AttentionML.Native;

/// <summary>libtorch in this process: loading it, and its two settings.</summary>
public static class TorchRuntime
{
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads libtorch, or says why it cannot be loaded. Later calls return at once, or throw the same exception.</summary>
    /// <exception cref="TorchLoadException">libtorch cannot be loaded here; the message names the cause and the alternative.</exception>
    public static void Initialize() => _ = Loaded.Value;

    /// <summary>What was loaded, for a report: such as "libtorch 2.10.0 through TorchSharp 0.107.0".</summary>
    public static string Description => Loaded.Value;

    /// <summary>The number of threads that one torch operation may use. The default value is 1.</summary>
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

    /// <summary>Makes glibc keep freed memory.</summary>
    public static void KeepFreedMemory() => Glibc.KeepFreedMemory();

    private static string Load()
    {
        var description = TorchLoader.Load();
        torch.set_num_threads(1);
        return description;
    }
}
