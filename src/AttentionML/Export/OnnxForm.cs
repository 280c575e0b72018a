namespace AttentionML.Export;

/// <summary>The form of the attention in a file for ONNX Runtime, and the times that decided.</summary>
/// <param name="IsFused">Whether it is a com.microsoft operator; false means the formula, of ai.onnx operators.</param>
/// <param name="Times">What the whole file took, on one thread, for one sequence; empty where there is no operator to choose.</param>
public sealed record OnnxForm(bool IsFused, IReadOnlyList<OnnxFormTime> Times)
{
    // What a form may lose at a length without being named for it.
    private const double Slower = 1.15;

    /// <summary>The lengths at which the chosen form takes over 15% more time than the portable one.</summary>
    public IReadOnlyList<int> SlowerThanPortable =>
        IsFused ? [.. Times.Where(time => time.FusedMs > Slower * time.FormulaMs).Select(time => time.Length)] : [];

    /// <summary>The form with the least time in total.</summary>
    internal static OnnxForm Choose(IReadOnlyList<OnnxFormTime> times) =>
        new(times.Sum(time => time.FusedMs) < times.Sum(time => time.FormulaMs), times);
}

/// <summary>What a file took with its attention in two forms.</summary>
/// <param name="Length">L, steps of the sequence.</param>
/// <param name="FormulaMs">Of ai.onnx operators, as the portable profile has it: processor time, milliseconds.</param>
/// <param name="FusedMs">As a com.microsoft operator: processor time, milliseconds.</param>
public readonly record struct OnnxFormTime(int Length, double FormulaMs, double FusedMs);
