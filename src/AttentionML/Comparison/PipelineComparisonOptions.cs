using AttentionML.Measuring;
using Microsoft.ML;

namespace AttentionML.Comparison;

/// <summary>How trained pipelines are compared.</summary>
public sealed record PipelineComparisonOptions
{
    /// <summary>The column that is read to score a row, a Single or a vector of Single. The default is Score.</summary>
    public string OutputColumnName { get; init; } = "Score";

    /// <summary>
    /// How well a pipeline does, from its scored test rows. The default, null, takes the one of the kind of prediction: accuracy for classes,
    /// mean squared error for numbers, and none where no attention trainer predicts.
    /// </summary>
    public Func<MLContext, IDataView, TaskMetric>? Metric { get; init; }

    /// <summary>What the report calls the pipelines, in their order. The default, null, takes the mechanisms in them.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>How long to measure. The default is two seconds of interleaved rounds, and three rounds at least.</summary>
    public MeasuringOptions Measuring { get; init; } = new();
}
