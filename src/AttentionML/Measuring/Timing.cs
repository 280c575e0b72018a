namespace AttentionML.Measuring;

/// <summary>How long one call took, over the samples of a measurement.</summary>
/// <param name="MedianMs">The median of wall time, milliseconds.</param>
/// <param name="P20Ms">The 20th percentile of wall time, milliseconds.</param>
/// <param name="P80Ms">The 80th percentile of wall time, milliseconds.</param>
/// <param name="CpuMs">The median of processor time over all threads of the process, milliseconds.</param>
/// <param name="MinimumCpuMs">The least processor time of all samples, milliseconds: what other work on the machine adds least to.</param>
/// <param name="Samples">Samples behind these numbers; an inner mean of several calls where they are short.</param>
public readonly record struct Timing(double MedianMs, double P20Ms, double P80Ms, double CpuMs, double MinimumCpuMs, int Samples)
{
    /// <summary>The time of one part, for a call that did several equal ones.</summary>
    public static Timing operator /(Timing timing, int parts) => timing with
    {
        MedianMs = timing.MedianMs / parts,
        P20Ms = timing.P20Ms / parts,
        P80Ms = timing.P80Ms / parts,
        CpuMs = timing.CpuMs / parts,
        MinimumCpuMs = timing.MinimumCpuMs / parts,
    };
}
