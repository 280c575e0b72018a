using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Comparison;

/// <summary>The usual metric of a kind of prediction, by ML.NET's evaluators where they have it.</summary>
internal static class PredictionMetric
{
    private const string Part = "0.0 %";

    /// <summary>The metric of the first attention model in the pipelines; null where there is none.</summary>
    public static Func<MLContext, IDataView, TaskMetric>? For(IReadOnlyList<ITransformer> pipelines)
    {
        if (pipelines.SelectMany(StageSwap.Stages).OfType<AttentionPredictionTransformer>().FirstOrDefault() is not { } model)
        {
            return null;
        }

        var label = model.Options.LabelColumnName;
        return model.Prediction switch
        {
            MulticlassPrediction => (ml, scored) => new("accuracy", ml.MulticlassClassification.Evaluate(scored, label).MicroAccuracy, Part),
            BinaryPrediction => (ml, scored) => new("accuracy", ml.BinaryClassification.EvaluateNonCalibrated(scored, label).Accuracy, Part),
            _ => (_, scored) => new("mean squared error", ScoredRows.MeanSquaredError(scored, label, "Score")),
        };
    }
}
