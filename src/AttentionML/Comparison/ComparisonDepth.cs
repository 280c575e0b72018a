using AttentionML.Measuring;

namespace AttentionML.Comparison;

/// <summary>How much a comparison measures, and how long it may take.</summary>
public sealed record ComparisonDepth
{
    /// <summary>A table in seconds: fewer lengths, few rounds; pipeline and ONNX only where rows are not much longer than 1024, memory from there.</summary>
    public static ComparisonDepth Quick { get; } = new()
    {
        Name = "quick",
        SequenceLengths = [16, 64, 256, 1024, 2048, 4096],
        Measuring = new() { Budget = TimeSpan.FromSeconds(0.4), WarmUp = TimeSpan.FromMilliseconds(20) },
        TimeLimit = TimeSpan.FromSeconds(30),
        LongestCall = TimeSpan.FromSeconds(1.5),
        OtherStagesTo = 1536,
        MemoryFrom = 1024,
        MemoryStages = [ComparisonStage.Mechanism],
    };

    /// <summary>Every length within two minutes.</summary>
    public static ComparisonDepth Normal { get; } = new()
    {
        Name = "default",
        SequenceLengths = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
        Measuring = new() { Budget = TimeSpan.FromSeconds(1) },
        TimeLimit = TimeSpan.FromSeconds(100),
        LongestCall = TimeSpan.FromSeconds(4),
        MemoryFrom = 256,
        MemoryStages = [ComparisonStage.Mechanism],
    };

    /// <summary>Every length, all memory, and rounds enough for figures to publish; as long as it takes.</summary>
    public static ComparisonDepth Full { get; } = Normal with
    {
        Name = "full",
        Measuring = new() { Budget = TimeSpan.FromSeconds(15), MinimumRounds = 7, WarmUp = TimeSpan.FromMilliseconds(100) },
        TimeLimit = null,
        LongestCall = TimeSpan.FromMinutes(1),
        MemoryFrom = 1,
        MemoryStages = ComparisonStage.All,
    };

    /// <summary>The name in reports.</summary>
    public required string Name { get; init; }

    /// <summary>The lengths unless others are asked for.</summary>
    public required IReadOnlyList<int> SequenceLengths { get; init; }

    /// <summary>How long each length and direction is measured.</summary>
    public required MeasuringOptions Measuring { get; init; }

    /// <summary>When nothing more is begun; null for no limit.</summary>
    public required TimeSpan? TimeLimit { get; init; }

    /// <summary>A cell is skipped where one call is expected to take longer.</summary>
    public required TimeSpan LongestCall { get; init; }

    /// <summary>The longest length at which the stages behind the bare mechanism are measured. The default is any.</summary>
    public int OtherStagesTo { get; init; } = int.MaxValue;

    /// <summary>The shortest length at which memory is measured; far below it, too little of it is the mechanism's.</summary>
    public required int MemoryFrom { get; init; }

    /// <summary>The stages at which memory is measured.</summary>
    public required IReadOnlyList<string> MemoryStages { get; init; }
}
