using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>The three kinds of prediction, before the label's column is known.</summary>
/// <param name="For">The prediction for a label column.</param>
/// <param name="AddColumns">The shape of a schema with the kind's columns added; takes the shape and the label's name.</param>
internal sealed record PredictionKind(Func<DataViewSchema.Column, Prediction> For, Func<SchemaShape, string, SchemaShape> AddColumns)
{
    /// <summary>One class out of several.</summary>
    public static PredictionKind Multiclass { get; } = new(
        MulticlassPrediction.For,
        (shape, label) => SchemaShapeColumn.AddLike(SchemaShapeColumn.AddVector(shape, "Score", isFixed: true), "PredictedLabel", label));

    /// <summary>Yes or no.</summary>
    public static PredictionKind Binary { get; } = new(
        _ => new BinaryPrediction(),
        (shape, _) => SchemaShapeColumn.AddFlag(SchemaShapeColumn.AddNumber(SchemaShapeColumn.AddNumber(shape, "Score"), "Probability"), "PredictedLabel"));

    /// <summary>One number or several.</summary>
    public static PredictionKind Regression { get; } = new(
        RegressionPrediction.For,
        (shape, label) => SchemaShapeColumn.AddLike(shape, "Score", label));
}
