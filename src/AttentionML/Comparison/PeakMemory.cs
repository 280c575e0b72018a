using System.Globalization;

namespace AttentionML.Comparison;

/// <summary>How much more memory this process holds at the worst moment of a piece of work.</summary>
/// <remarks>
/// The kernel's own high-water mark, so no moment is missed. Memory that an allocator kept from earlier work does not show: measure in a
/// fresh process whose allocator gives memory back. Good to some hundred kilobytes.
/// </remarks>
public static class PeakMemory
{
    private const string ResetFile = "/proc/self/clear_refs";
    private const string StatusFile = "/proc/self/status";

    /// <summary>Why this machine cannot tell; null where it can.</summary>
    public static string? Unsupported { get; } = Probe();

    /// <summary>Measures.</summary>
    /// <param name="work">The work, run once.</param>
    /// <returns>Bytes above what the process holds at its start.</returns>
    /// <exception cref="PlatformNotSupportedException">This machine cannot tell; see <see cref="Unsupported"/>.</exception>
    public static long During(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Unsupported is { } reason)
        {
            throw new PlatformNotSupportedException(reason);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Reset();
        var before = Status("VmRSS:");
        work();
        return Math.Max(0, Status("VmHWM:") - before);
    }

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Peak memory is measured on Linux only.";
        }

        try
        {
            Reset();
            return Status("VmHWM:") > 0 && Status("VmRSS:") > 0 ? null : $"{StatusFile} does not give VmHWM and VmRSS here.";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"The high-water mark of memory cannot be reset here: {error.Message}";
        }
    }

    private static void Reset() => File.WriteAllText(ResetFile, "5");

    // "VmHWM:	    2092 kB"
    private static long Status(string key)
    {
        var line = File.ReadLines(StatusFile).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal));
        var number = line?[key.Length..].Trim().Split(' ')[0];
        return long.TryParse(number, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
    }
}
