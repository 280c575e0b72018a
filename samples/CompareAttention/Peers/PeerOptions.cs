namespace CompareAttention.Peers;

/// <summary>What is asked for.</summary>
internal sealed record PeerOptions
{
    /// <summary>How much is measured.</summary>
    public PeerDepth Depth { get; init; } = PeerDepth.Normal;

    /// <summary>Names of tasks; empty takes those of the depth.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Lengths; empty takes those of the depth.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [];

    /// <summary>Features per head; empty takes those of the depth.</summary>
    public IReadOnlyList<int> HeadDimensions { get; init; } = [];

    /// <summary>Batch × heads, in sequences of up to 8 heads; empty takes those of the depth.</summary>
    public IReadOnlyList<int> Heads { get; init; } = [];

    /// <summary>Time for each group of forms; null takes that of the depth.</summary>
    public double? Seconds { get; init; }

    /// <summary>Whether the allocator is left as the system has it. The default is false: it keeps freed memory.</summary>
    public bool DefaultAllocator { get; init; }

    /// <summary>Whether to leave out what needs fresh processes: peak memory, the other allocator, narrower registers. The default is false.</summary>
    public bool InProcess { get; init; }

    /// <summary>The folder for the results.</summary>
    public string Output { get; init; } = "artifacts/compare";
}
