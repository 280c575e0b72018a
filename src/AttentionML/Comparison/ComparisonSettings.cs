namespace AttentionML.Comparison;

/// <summary>How a comparison was measured.</summary>
public sealed record ComparisonSettings
{
    /// <summary>The length of the run: <c>default</c>, <c>quick</c> or <c>full</c>.</summary>
    public required string Depth { get; init; }

    /// <summary>The data: <c>random</c>, or the name of the file that the rows come from.</summary>
    public required string Data { get; init; }

    /// <summary>Sequences in a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Features of a query, key or value per head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>The lengths that were asked for.</summary>
    public required IReadOnlyList<int> SequenceLengths { get; init; }

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The seed of all random numbers.</summary>
    public required int Seed { get; init; }

    /// <summary>Threads that one operation of libtorch or ONNX Runtime may use.</summary>
    public required int Threads { get; init; }

    /// <summary>What becomes of freed memory while times are taken.</summary>
    public required string Allocator { get; init; }

    /// <summary>The time behind rates, speed-ups, slopes and crossovers: <c>cpuMs</c>, or <c>medianMs</c> on other devices.</summary>
    public required string Headline { get; init; }

    /// <summary>What speed-ups and crossovers are taken against, stage by stage.</summary>
    public required string Baseline { get; init; }

    /// <summary>How peak memory was measured, or why not.</summary>
    public required string Memory { get; init; }

    /// <summary>The fewest and the most samples behind a row.</summary>
    public IReadOnlyList<int>? Samples { get; init; }

    /// <summary>Whether the run was stopped before its end.</summary>
    public bool Stopped { get; init; }

    /// <summary>How long the run took, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Cells that were left out, with the reason.</summary>
    public IReadOnlyList<SkippedCell> Skipped { get; init; } = [];
}
