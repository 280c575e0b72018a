using System.Globalization;

namespace CompareAttention.Peers;

/// <summary>Decides by a cost estimate which forms are too costly to be measured.</summary>
/// <param name="peakGigaflops">What the machine does at most, measured.</param>
/// <param name="longestCall">Seconds that one call may take.</param>
/// <param name="memoryBytes">Memory that there is.</param>
internal sealed class PeerBudget(double peakGigaflops, double longestCall, double memoryBytes)
{
    // What the better forms reach of the peak; of memory the other half is the allocator's, which keeps what it had, and other programs'.
    private const double PartOfPeak = 0.25;
    private const double PartOfMemory = 0.5;

    // ONNX Runtime's arenas grow in powers of two.
    private const double ArenaFactor = 2;

    /// <summary>Why a form is left out; null where it is not.</summary>
    /// <param name="group">Whose form it is.</param>
    /// <param name="form">The form.</param>
    /// <param name="others">Those that are measured beside it; what they hold between two runs is not there for this one.</param>
    public string? Refuse(PeerGroup group, PeerForm form, IReadOnlyList<PeerForm> others)
    {
        var seconds = form.Flops / (PartOfPeak * peakGigaflops * 1e9);
        var (bytes, most) = (group.InputBytes + Held(form) + others.Where(other => other.KeepsMemory).Sum(Held), PartOfMemory * memoryBytes);
        return seconds > longestCall ? string.Create(CultureInfo.InvariantCulture,
                $"too costly: one call is estimated at {seconds:0.0} s ({form.Flops:0.0e0} operations at a quarter of the peak), and may take {longestCall:0.0} s")
            : bytes > most ? string.Create(CultureInfo.InvariantCulture,
                $"too large: with those beside it it is estimated to hold {bytes / 1e9:0.0} GB, and may hold {most / 1e9:0.0} GB")
            : null;
    }

    private static double Held(PeerForm form) => form.KeepsMemory ? ArenaFactor * form.Bytes : form.Bytes;
}
