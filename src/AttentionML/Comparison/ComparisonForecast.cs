using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Comparison;

/// <summary>
/// How long a cell will take: its derived cost, at the speed that the same curve had at the length before, or at a modest speed where it
/// has not been measured yet.
/// </summary>
internal sealed class ComparisonForecast(ComparisonOptions options)
{
    private const double ModestFlopsPerSecond = 10e9;
    private readonly Dictionary<ComparisonCurve, double> _flopsPerSecond = [];

    /// <summary>What the formula costs for one batch.</summary>
    public Cost CostOf(ComparisonCurve curve, int length) => curve.Mechanism.Cost(
        new AttentionShape(options.BatchSize, options.HeadCount, length, options.HeadDimension), curve.Causal);

    /// <summary>How long one call will take.</summary>
    public TimeSpan Call(ComparisonCurve curve, int length) => TimeSpan.FromSeconds(
        CostOf(curve, length).Flops / _flopsPerSecond.GetValueOrDefault(curve, ModestFlopsPerSecond));

    /// <summary>Remembers how long one call took.</summary>
    public void Learn(ComparisonCurve curve, int length, Timing timing) =>
        _flopsPerSecond[curve] = CostOf(curve, length).Flops / (timing.MedianMs / 1000);

    /// <summary>Why a cell is too much for this machine or for the time that is left; null where it is not.</summary>
    public string? Refuse(ComparisonCurve curve, int length, TimeSpan? left)
    {
        // The formula's intermediate results live until it ends, so about half of what it moves is held at once.
        var bytes = CostOf(curve, length).Bytes / 2;
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (curve.Form == ComparisonForm.Formula && bytes > 0.6 * available)
            return $"its derived cost is too large: it would hold about {bytes / 1e9:0.0} GB of the machine's {available / 1e9:0.0} GB.";

        var call = Call(curve, length);
        if (call > options.Depth.LongestCall)
        {
            return $"its derived cost is too large: one call would take about {call.TotalSeconds:0.0} s, more than the "
                + $"{options.Depth.LongestCall.TotalSeconds:0.0} s of a {options.Depth.Name} run.";
        }

        return call * (options.Depth.Measuring.MinimumRounds + 2) > left
            ? $"the {options.Depth.TimeLimit?.TotalSeconds:0} s of a {options.Depth.Name} run were used up."
            : null;
    }
}
