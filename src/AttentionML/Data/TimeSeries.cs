namespace AttentionML.Data;

/// <summary>One series: what one or more channels measured over time.</summary>
/// <param name="Values">Row-major, [L, channels]; a missing value is NaN.</param>
/// <param name="Length">L, steps.</param>
/// <param name="Label">The class, or the target's text; null where the file has neither.</param>
public sealed record TimeSeries(float[] Values, int Length, string? Label)
{
    /// <summary>Values at each step.</summary>
    public int ChannelCount => Values.Length / Length;
}
