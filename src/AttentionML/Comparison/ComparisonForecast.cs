using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Comparison;

/// <summary>
/// How long a cell will take: its derived cost at a speed that is learned from the same curve at shorter lengths, and to begin with from a
/// matrix product. Wall time, so that a busy machine is planned for as it is.
/// </summary>
internal sealed class ComparisonForecast(ComparisonOptions options)
{
    // What attention reaches of a large matrix product's speed.
    private const double PartOfMatMul = 0.4;

    private readonly double _flopsPerSecond = PartOfMatMul * MatMulFlopsPerSecond();
    private readonly Dictionary<ComparisonCurve, double> _learned = [];

    /// <summary>What the formula costs for one batch.</summary>
    public Cost CostOf(ComparisonCurve curve, int length) => curve.Mechanism.Cost(
        new AttentionShape(options.BatchSize, options.HeadCount, length, options.HeadDimension), curve.Causal);

    /// <summary>How long one call will take, seconds. Short lengths teach too low a speed: overhead is not arithmetic.</summary>
    public double Seconds(ComparisonCurve curve, int length) =>
        CostOf(curve, length).Flops / Math.Max(_flopsPerSecond, _learned.GetValueOrDefault(curve));

    /// <summary>Remembers how long one call took.</summary>
    public void Learn(ComparisonCurve curve, int length, Timing timing) =>
        _learned[curve] = CostOf(curve, length).Flops / (timing.MedianMs / 1000);

    /// <summary>Why a cell is too much; null where it is not.</summary>
    public string? Refuse(ComparisonCurve curve, int length)
    {
        if (curve.Stage != ComparisonStage.Mechanism && length > options.Depth.OtherStagesTo)
        {
            return $"a {options.Depth.Name} run measures this stage up to length {options.Depth.OtherStagesTo}";
        }

        // The formula's intermediate results live until it ends, so about half of what it moves is held at once.
        var bytes = CostOf(curve, length).Bytes / 2;
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (curve.Form == ComparisonForm.Formula && bytes > 0.6 * available)
        {
            return $"its derived cost is too large: it would hold about {bytes / 1e9:0.0} GB of the machine's {available / 1e9:0.0} GB";
        }

        var (seconds, longest) = (Seconds(curve, length), options.Depth.LongestCall.TotalSeconds);
        return seconds > longest
            ? $"its derived cost is too large: one call would take about {seconds:0.0} s, more than the {longest:0.0} s of a {options.Depth.Name} run"
            : null;
    }

    private static double MatMulFlopsPerSecond()
    {
        const int Size = 512;
        TorchRuntime.Initialize();
        using var scope = torch.NewDisposeScope();
        using var matrix = torch.ones([Size, Size]);
        var timing = new MeasuringHarness(new() { Budget = TimeSpan.FromMilliseconds(50), MinimumRounds = 5 })
            .Measure([new("matrix product", () => matrix.matmul(matrix).Dispose())])[0];
        return 2.0 * Size * Size * Size / (timing.MedianMs / 1000);
    }
}
