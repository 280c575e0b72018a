using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>What a comparison is going to measure: curves, and the lengths on each.</summary>
internal sealed class ComparisonPlan
{
    public ComparisonPlan(ComparisonOptions options, ComparisonData data)
    {
        SequenceLengths = Lengths(options, data);
        Curves =
        [
            .. from causal in options.Causal.Distinct()
               from mechanism in options.Mechanisms.Distinct()
               where mechanism.Directions.HasFlag(causal ? AttentionDirections.Causal : AttentionDirections.Bidirectional)
               from curve in CurvesOf(mechanism, causal)
               select curve,
        ];
    }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<int> SequenceLengths { get; }

    public IReadOnlyList<ComparisonCurve> Curves { get; }

    /// <summary>
    /// What is measured together, the longest first: growth is told by them, so where time is short they must not be what is left out.
    /// ONNX Runtime keeps the memory that it takes, and ML.NET takes some that stays, so both come first within a length: what the bare
    /// mechanisms free is theirs again then, and they do not have to ask for fresh pages.
    /// </summary>
    public IEnumerable<ComparisonGroup> Groups =>
        from length in SequenceLengths.OrderDescending()
        from curves in Curves.GroupBy(curve => curve.Causal)
        select new ComparisonGroup(length, curves.Key, [.. curves.OrderByDescending(curve => ComparisonStage.Order(curve.Stage))]);

    // The pipeline runs the fused form where there is one; the exported graph is the formula.
    private static IEnumerable<ComparisonCurve> CurvesOf(AttentionMechanism mechanism, bool causal)
    {
        var best = CellRun.HasFused(mechanism, causal) ? ComparisonForm.Fused : ComparisonForm.Formula;
        yield return new(mechanism, ComparisonForm.Formula, ComparisonStage.Mechanism, causal);
        if (best == ComparisonForm.Fused)
        {
            yield return new(mechanism, ComparisonForm.Fused, ComparisonStage.Mechanism, causal);
        }

        yield return new(mechanism, best, ComparisonStage.Pipeline, causal);
        yield return new(mechanism, ComparisonForm.Formula, ComparisonStage.Onnx, causal);
    }

    private static IReadOnlyList<int> Lengths(ComparisonOptions options, ComparisonData data)
    {
        if (options.SequenceLengths is { } asked)
        {
            return asked.Max() <= (data.LongestRow ?? int.MaxValue)
                ? [.. asked.Distinct().Order()]
                : throw new ArgumentException(
                    $"The length {asked.Max()} was asked for, and the longest row of {data.Name} has {data.LongestRow} steps; ask for at most that.");
        }

        return data.LongestRow is { } longest
            ? [.. options.Depth.SequenceLengths.Where(length => length < longest), longest]
            : options.Depth.SequenceLengths;
    }
}
