namespace AttentionML.Serving.Batching;

/// <summary>
/// What a run of B rows of N steps costs, in the mechanism's own growth: B·N² for softmax attention, B·N for linear attention, B where nothing
/// is known of the model. The budget is what a batch may cost; a request that alone costs more runs alone.
/// </summary>
/// <param name="Name">What the log calls it.</param>
/// <param name="Exponent">The power of N.</param>
/// <param name="Budget">The budget where none is set.</param>
internal sealed record CostLaw(string Name, int Exponent, double Budget)
{
    /// <summary>B rows, whatever their length.</summary>
    public static CostLaw Count { get; } = new("count", 0, double.PositiveInfinity);

    /// <summary>B·N. On a CPU rows of 256 steps gain up to 8 together, longer ones nothing.</summary>
    public static CostLaw Linear { get; } = new("linear", 1, 2048);

    /// <summary>B·N². On a CPU rows of 128 steps gain up to 4 together, of 256 they lose: B·H·N² scores leave the cache.</summary>
    public static CostLaw Quadratic { get; } = new("quadratic", 2, 65536);

    public static IReadOnlyList<CostLaw> All { get; } = [Count, Linear, Quadratic];

    /// <summary>The law of a mechanism's name in an ONNX file's metadata, or null for one that is not known.</summary>
    public static CostLaw? OfMechanism(string mechanism) =>
        mechanism == "softmax" ? Quadratic
        : mechanism.StartsWith("linear", StringComparison.Ordinal) ? Linear
        : null;

    public double Of(long rows, long length) => rows * Math.Pow(length, Exponent);
}
