namespace ClassifySeries;

/// <summary>One series as ML.NET reads it.</summary>
internal sealed class SeriesRow
{
    /// <summary>Row-major, [L, channels].</summary>
    public required float[] Features { get; init; }

    /// <summary>The class.</summary>
    public required string Label { get; init; }
}
