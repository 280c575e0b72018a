using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>What to compare.</summary>
public sealed record ComparisonOptions
{
    /// <summary>The mechanisms. The default is <see cref="AttentionMechanism.All"/>.</summary>
    public IReadOnlyList<AttentionMechanism> Mechanisms { get; init; } = AttentionMechanism.All;

    /// <summary>
    /// The lengths, steps. The default, null, takes those of <see cref="Depth"/>, up to the longest row where rows come from a file.
    /// </summary>
    public IReadOnlyList<int>? SequenceLengths { get; init; }

    /// <summary>The directions: false is bidirectional, true causal. The default is both.</summary>
    public IReadOnlyList<bool> Causal { get; init; } = [false, true];

    /// <summary>Sequences in a batch. The default is 1.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Heads. The default is 4.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>Features of a query, key or value per head. The default is 64.</summary>
    public int HeadDimension { get; init; } = 64;

    /// <summary><c>cpu</c> or <c>cuda</c>; ONNX Runtime runs on the CPU alone. The default is <c>cpu</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>A <c>.ts</c> file that the rows come from; null, the default, makes random ones.</summary>
    public string? SeriesPath { get; init; }

    /// <summary>The seed of random rows, and of the map that lifts a series to heads × dimension. The default is 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Threads that one operation may use, in libtorch and in ONNX Runtime. The default is 1, which compares best.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Whether the process is to keep freed memory, where it can, so that times are not those of the kernel's page faults. The default is
    /// true; it lasts beyond the comparison.
    /// </summary>
    public bool KeepFreedMemory { get; init; } = true;

    /// <summary>How much is measured. The default is <see cref="ComparisonDepth.Normal"/>.</summary>
    public ComparisonDepth Depth { get; init; } = ComparisonDepth.Normal;

    /// <summary>Where the exported models are written.</summary>
    public required string OnnxDirectory { get; init; }

    /// <summary>
    /// How this program is run again to measure memory in a fresh process: it has to hand its arguments to
    /// <see cref="MemoryProbe.TryAnswer"/> first. The default, null, leaves memory unmeasured.
    /// </summary>
    public MemoryProbe? Memory { get; init; }

    /// <summary>Throws unless the options fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message says what was given and what is allowed.</exception>
    public void Validate()
    {
        Require(Mechanisms.Count > 0, "Mechanisms is empty; name at least one.");
        Require(Causal.Count > 0, "Causal is empty; it has to hold false, true or both.");
        Require(BatchSize > 0, $"BatchSize {BatchSize} must be greater than 0.");
        Require(HeadCount > 0, $"HeadCount {HeadCount} must be greater than 0.");
        Require(HeadDimension > 0, $"HeadDimension {HeadDimension} must be greater than 0.");
        Require(Threads > 0, $"Threads {Threads} must be greater than 0.");
        Require(SequenceLengths is not { Count: 0 }, "SequenceLengths is empty; name at least one, or leave it null.");
        foreach (var length in SequenceLengths ?? [])
        {
            Require(length > 0, $"SequenceLengths holds {length}; every length must be greater than 0.");
        }

        Require(Device is "cpu" or "cuda", $"Device '{Device}' must be cpu or cuda.");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
