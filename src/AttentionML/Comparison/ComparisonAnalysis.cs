using System.Globalization;
using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>What follows from measured cells: rates, speed-ups, slopes and crossovers.</summary>
/// <param name="results">The cells.</param>
/// <param name="peak">The memory of a cell, bytes.</param>
/// <param name="batchSize">Rows in a batch.</param>
/// <param name="byCpu">Whether processor time counts; else the median of wall time.</param>
internal sealed class ComparisonAnalysis(
    IReadOnlyList<ComparisonResult> results, Func<ComparisonCurve, int, long?> peak, int batchSize, bool byCpu)
{
    private const int SlopeFrom = 1024;
    private const int SlopeTo = 4096;

    private readonly Dictionary<(ComparisonCurve, int), ComparisonResult> _cells =
        results.ToDictionary(result => (result.Curve, result.SequenceLength));

    public static string Baseline =>
        "softmax in its fused form, at the same stage, length and direction; at the stage 'onnx', where softmax has no fused form, " +
        "bare fused softmax (stage 'mechanism')";

    /// <summary>What a curve is compared with.</summary>
    public static ComparisonCurve BaselineOf(ComparisonCurve curve) => new(
        AttentionMechanism.Softmax,
        ComparisonForm.Fused,
        curve.Stage == ComparisonStage.Onnx ? ComparisonStage.Mechanism : curve.Stage,
        curve.Causal);

    public IReadOnlyList<ComparisonMeasurement> Measurements() =>
    [
        .. results.OrderBy(cell => cell.SequenceLength).ThenBy(cell => cell.Curve.Causal)
            .ThenBy(cell => ComparisonStage.Order(cell.Curve.Stage)).Select(Measurement),
    ];

    public IReadOnlyList<ComparisonScaling> Scaling() =>
    [
        .. from curve in results.GroupBy(cell => cell.Curve)
           orderby curve.Key.Causal, ComparisonStage.Order(curve.Key.Stage)
           select Scaling(curve.Key, [.. curve.OrderBy(cell => cell.SequenceLength)]),
    ];

    private double Ms(ComparisonResult cell) => byCpu ? cell.Timing.CpuMs : cell.Timing.MedianMs;

    private double? BaselineMs(ComparisonResult cell) =>
        _cells.TryGetValue((BaselineOf(cell.Curve), cell.SequenceLength), out var softmax) ? Ms(softmax) : null;

    private ComparisonMeasurement Measurement(ComparisonResult cell)
    {
        var ms = Ms(cell);
        return new()
        {
            Mechanism = cell.Curve.Mechanism.Name,
            Form = cell.Curve.Form,
            Stage = cell.Curve.Stage,
            Causal = cell.Curve.Causal,
            SequenceLength = cell.SequenceLength,
            MedianMs = Rounded(cell.Timing.MedianMs),
            P20Ms = Rounded(cell.Timing.P20Ms),
            P80Ms = Rounded(cell.Timing.P80Ms),
            CpuMs = Rounded(cell.Timing.CpuMs),
            RowsPerSecond = Rounded(batchSize / ms * 1e3),
            Flops = cell.Cost.Flops,
            Bytes = cell.Cost.Bytes,
            GflopsPerSecond = Rounded(cell.Cost.Flops / ms / 1e6),
            PeakMemoryBytes = peak(cell.Curve, cell.SequenceLength),
            SpeedupOverFusedSoftmax = Rounded(BaselineMs(cell) / ms),
        };
    }

    private ComparisonScaling Scaling(ComparisonCurve curve, IReadOnlyList<ComparisonResult> cells)
    {
        var fit = PowerLaw.Fit(
        [
            .. cells.Where(cell => cell.SequenceLength is >= SlopeFrom and <= SlopeTo && Ms(cell) > 0)
                .Select(cell => ((double)cell.SequenceLength, Ms(cell))),
        ]);
        var crossover = PowerLaw.Crossover(
        [
            .. from cell in cells
               let softmax = BaselineMs(cell)
               where softmax > 0 && Ms(cell) > 0
               select ((double)cell.SequenceLength, Ms(cell), softmax.Value),
        ]);
        return new()
        {
            Mechanism = curve.Mechanism.Name,
            Form = curve.Form,
            Stage = curve.Stage,
            Causal = curve.Causal,
            Slope = Rounded(fit?.Slope),
            R2 = Rounded(fit?.R2),
            CrossoverLength = curve == BaselineOf(curve) ? null : Rounded(crossover),
        };
    }

    // Six digits: more is noise. What cannot be divided was too short to be seen, and counts as not measured.
    private static double? Rounded(double? value) => value is { } number && double.IsFinite(number)
        ? double.Parse(number.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : null;
}
