using System.Runtime.InteropServices;

namespace AttentionML.Native;

/// <summary>The memory settings of glibc, the C library of most Linux systems.</summary>
internal static partial class Glibc
{
    // Parameters of mallopt(3).
    private const int TrimThreshold = -1, TopPad = -2, MmapMax = -4, ArenaMax = -8;

    /// <summary>Makes glibc keep freed blocks of every size for the next use.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no glibc.</exception>
    public static void KeepFreedMemory()
    {
        if (!IsThere)
        {
            throw new PlatformNotSupportedException(
                $"KeepFreedMemory sets glibc's allocator, and this system ({RuntimeInformation.RuntimeIdentifier}) has another. "
                + "Call it on Linux with glibc only; elsewhere leave it out.");
        }

        Set(ArenaMax, 1); // Pools of other threads hold 64 MB at most; larger blocks would be mapped afresh whatever MmapMax says.
        Set(MmapMax, 0);
        Set(TrimThreshold, -1); // Never trim.
        Set(TopPad, 64 << 20);
    }

    /// <summary>Gives what is free back to the system, so that what is needed next shows in the memory of the process. Does nothing without glibc.</summary>
    public static void ReleaseFreedMemory()
    {
        if (IsThere)
        {
            _ = Trim(0);
        }
    }

    private static bool IsThere =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "gnu_get_libc_version", out _);

    private static void Set(int parameter, int value)
    {
        if (SetOption(parameter, value) == 0)
        {
            throw new InvalidOperationException($"glibc refused mallopt({parameter}, {value}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
