namespace AttentionML.Comparison;

/// <summary>How the time of one curve grows with the length. A value that the measured lengths do not give is null.</summary>
public sealed record ComparisonScaling
{
    /// <summary>The mechanism's name.</summary>
    public required string Mechanism { get; init; }

    /// <summary><c>formula</c> or <c>fused</c>.</summary>
    public required string Form { get; init; }

    /// <summary><c>mechanism</c>, <c>pipeline</c> or <c>onnx</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>Whether a query sees only its own and earlier positions.</summary>
    public required bool Causal { get; init; }

    /// <summary>The slope of log time over log length from 1024 to 4096: 1 is linear, 2 quadratic.</summary>
    public double? Slope { get; init; }

    /// <summary>R² of that slope.</summary>
    public double? R2 { get; init; }

    /// <summary>
    /// The length from which on this curve stays below softmax's, interpolated between measured lengths; the shortest measured length where
    /// it is below from there on.
    /// </summary>
    public double? CrossoverLength { get; init; }
}
