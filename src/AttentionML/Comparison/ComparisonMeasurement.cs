namespace AttentionML.Comparison;

/// <summary>One measured cell. A value that was not measured is null.</summary>
public sealed record ComparisonMeasurement
{
    /// <summary>The mechanism's name.</summary>
    public required string Mechanism { get; init; }

    /// <summary><c>formula</c> or <c>fused</c>, see <see cref="ComparisonForm"/>.</summary>
    public required string Form { get; init; }

    /// <summary><c>mechanism</c>, <c>pipeline</c> or <c>onnx</c>, see <see cref="ComparisonStage"/>.</summary>
    public required string Stage { get; init; }

    /// <summary>Whether a query sees only its own and earlier positions.</summary>
    public required bool Causal { get; init; }

    /// <summary>Steps in each sequence.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>The median of wall time for one batch, milliseconds.</summary>
    public double? MedianMs { get; init; }

    /// <summary>The 20th percentile of wall time, milliseconds.</summary>
    public double? P20Ms { get; init; }

    /// <summary>The 80th percentile of wall time, milliseconds.</summary>
    public double? P80Ms { get; init; }

    /// <summary>The median of processor time over all threads of the process, milliseconds.</summary>
    public double? CpuMs { get; init; }

    /// <summary>Sequences a second, by the time that <see cref="ComparisonSettings.Headline"/> names.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>Floating-point operations of one batch, from the cost interpreter.</summary>
    public double? Flops { get; init; }

    /// <summary>Bytes that the formula moves for one batch if every operation goes through memory, from the cost interpreter.</summary>
    public double? Bytes { get; init; }

    /// <summary>10⁹ operations a second, by the time that <see cref="ComparisonSettings.Headline"/> names.</summary>
    public double? GflopsPerSecond { get; init; }

    /// <summary>Peak memory beyond the inputs, bytes, in a fresh process.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>The time of softmax divided by this time; softmax in the form that <see cref="ComparisonSettings.Baseline"/> describes.</summary>
    public double? SpeedupOverFusedSoftmax { get; init; }
}
