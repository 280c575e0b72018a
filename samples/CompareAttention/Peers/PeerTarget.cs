using System.Globalization;

namespace CompareAttention.Peers;

/// <summary>A goal, and what this machine makes of it.</summary>
/// <param name="Measure">What is measured; on one thread, 1 × 8 heads of 64, unless it says so.</param>
/// <param name="Target">The number to reach.</param>
/// <param name="IsMost">Whether it is the most there may be; false means the least.</param>
/// <param name="Unit">Behind the numbers.</param>
/// <param name="NeedsBits">Bits of the registers that it was set for.</param>
/// <param name="Measured">The worst of what was measured; null where it was not.</param>
/// <param name="Where">Where the worst is.</param>
/// <param name="VectorBits">Bits of the registers here.</param>
internal sealed record PeerTarget(
    string Measure, double Target, bool IsMost, string Unit, int NeedsBits, double? Measured, string Where, int VectorBits)
{
    /// <summary>Whether it is met; null where nothing was measured.</summary>
    public bool? IsMet => Measured is not { } value ? null : IsMost ? value <= Target : value >= Target;

    /// <summary>The goal with its unit.</summary>
    public string Goal => string.Create(CultureInfo.InvariantCulture, $"{(IsMost ? "≤" : "≥")} {Target:0.##}{Unit}");

    /// <summary>What was measured, with its unit.</summary>
    public string Worst => Measured is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0.##}{Unit}") : "–";

    /// <summary>In words.</summary>
    public string Verdict => IsMet switch
    {
        null => "not measured",
        true => "met",
        false when NeedsBits > VectorBits => $"missed; it is set for {NeedsBits}-bit registers, and here are {VectorBits}",
        false => "missed",
    };
}
