using AttentionML.Comparison;
using AttentionML.Mechanisms;

namespace CompareAttention.Peers;

/// <summary>What was measured, where, and what was not.</summary>
internal sealed record PeersReport
{
    /// <summary>The file that it is written to.</summary>
    public const string FileName = "peers.json";

    /// <summary>The machine and the versions.</summary>
    public required MachineInfo Machine { get; init; }

    /// <summary>The depth.</summary>
    public required string Depth { get; init; }

    /// <summary>Threads of every form, but where its name says another number.</summary>
    public required int Threads { get; init; }

    /// <summary>What <see cref="AttentionMechanism.Explain"/> says of the forms that run by default here.</summary>
    public required IReadOnlyList<string> Defaults { get; init; }

    /// <summary>How long the run took, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Whether it was stopped before its end.</summary>
    public bool Stopped { get; init; }

    /// <summary>The times.</summary>
    public IReadOnlyList<PeerRow> Rows { get; init; } = [];

    /// <summary>Peak memory.</summary>
    public IReadOnlyList<PeerWorkspace> Workspaces { get; init; } = [];

    /// <summary>Forms that compute something else, and so have no time.</summary>
    public IReadOnlyList<RefusedForm> Refused { get; init; } = [];

    /// <summary>Forms that were left out.</summary>
    public IReadOnlyList<SkippedForm> Skipped { get; init; } = [];
}

/// <summary>The time of one form at one size. Ratios are of processor time, medians, inside one group.</summary>
/// <param name="Task">What it computes.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Form">The form.</param>
/// <param name="Library">Whose it is.</param>
/// <param name="Allocator"><c>tuned</c>, keeping freed memory, or <c>default</c>.</param>
/// <param name="VectorBits">Bits of the widest registers that .NET used.</param>
/// <param name="CpuMs">Processor time over all threads, milliseconds, the median.</param>
/// <param name="MinimumCpuMs">The minimum of that.</param>
/// <param name="WallMs">Wall time, milliseconds, the median.</param>
/// <param name="Samples">Samples behind these.</param>
/// <param name="Speedup">How many times as long the best form of libtorch takes; null without one.</param>
/// <param name="Gigaflops">10⁹ useful operations a second; null where they are not counted.</param>
/// <param name="OfPeak">Part of the multiply-add peak measured beside it.</param>
/// <param name="OfCopy">Part of the copy bandwidth measured beside it that the least traffic takes.</param>
/// <param name="Error">How far the results were from what is expected, see <see cref="PeerGate"/>; null for a reference.</param>
internal sealed record PeerRow(
    string Task, AttentionShape Shape, string Form, string Library, string Allocator, int VectorBits, double CpuMs, double MinimumCpuMs, double WallMs,
    int Samples, double? Speedup, double? Gigaflops, double? OfPeak, double? OfCopy, double? Error);

/// <summary>Peak memory of one form at one size, in a fresh process.</summary>
/// <param name="Task">What it computes.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Form">The form.</param>
/// <param name="Library">Whose it is.</param>
/// <param name="Bytes">Beyond inputs, outputs and gradients; <see cref="FreshProcesses.Resolution"/> for that and less.</param>
internal sealed record PeerWorkspace(string Task, AttentionShape Shape, string Form, string Library, long Bytes);

/// <summary>A form that computes something else.</summary>
/// <param name="Task">What it should compute.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Form">The form.</param>
/// <param name="Library">Whose it is.</param>
/// <param name="Error">How far its results are from what is expected; the largest number where they are no numbers.</param>
/// <param name="Tolerance">How far they may be.</param>
internal sealed record RefusedForm(string Task, AttentionShape Shape, string Form, string Library, double Error, double Tolerance);

/// <summary>A form that was not measured.</summary>
/// <param name="Task">What it computes.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Form">The form.</param>
/// <param name="Library">Whose it is.</param>
/// <param name="Reason">Why.</param>
internal sealed record SkippedForm(string Task, AttentionShape Shape, string Form, string Library, string Reason);
