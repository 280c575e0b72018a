using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The three kinds of prediction, before the label's column is known.</summary>
/// <param name="Name">Which of the three.</param>
/// <param name="For">The prediction for a label column.</param>
/// <param name="Fits">Whether a label may have a shape.</param>
/// <param name="Allowed">What a label's column has to be.</param>
/// <param name="AddColumns">The shape of a schema with the kind's columns added; takes the shape and the label's name.</param>
internal sealed record PredictionKind(
    PredictionName Name, Func<DataViewSchema.Column, Prediction> For, Func<SchemaShape.Column, bool> Fits, string Allowed,
    Func<SchemaShape, string, SchemaShape> AddColumns)
{
    /// <summary>One class out of several.</summary>
    public static PredictionKind Multiclass { get; } = new(
        PredictionName.Multiclass,
        MulticlassPrediction.For,
        label => label is { IsKey: true, Kind: SchemaShape.Column.VectorKind.Scalar },
        MulticlassPrediction.Allowed,
        (shape, label) => SchemaShapeColumn.AddLike(SchemaShapeColumn.AddVector(shape, "Score", isFixed: true), "PredictedLabel", label));

    /// <summary>Yes or no.</summary>
    public static PredictionKind Binary { get; } = new(
        PredictionName.Binary,
        _ => new BinaryPrediction(),
        label => label.Kind == SchemaShape.Column.VectorKind.Scalar && label.ItemType is BooleanDataViewType,
        BinaryPrediction.Allowed,
        (shape, _) => SchemaShapeColumn.AddFlag(SchemaShapeColumn.AddNumber(SchemaShapeColumn.AddNumber(shape, "Score"), "Probability"), "PredictedLabel"));

    /// <summary>One number or several.</summary>
    public static PredictionKind Regression { get; } = new(
        PredictionName.Regression,
        RegressionPrediction.For,
        label => label is { IsKey: false, Kind: not SchemaShape.Column.VectorKind.VariableVector } && label.ItemType.Equals(NumberDataViewType.Single),
        RegressionPrediction.Allowed,
        (shape, label) => SchemaShapeColumn.AddLike(shape, "Score", label));

    /// <summary>What goes on from a trained model's prediction.</summary>
    /// <param name="trained">The prediction of a trained model.</param>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public Prediction Continue(Prediction trained) => trained.ToSettings().Kind is var kind && kind == Name ? trained : throw new ArgumentException(
        $"The model to start from predicts by the kind {kind}, and this trainer by {Name}: take the trainer of the model's kind.");

    /// <summary>Adds the kind's columns to the shape of a schema.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="labelColumnName">The label.</param>
    /// <exception cref="ArgumentException">The label is missing, or of a type that does not fit.</exception>
    public SchemaShape AddTo(SchemaShape shape, string labelColumnName)
    {
        var labels = shape.Where(column => column.Name == labelColumnName).ToList();
        return labels is not [var label] ? throw TrainingRows.MissingLabel(labelColumnName, shape.Select(column => column.Name))
            : Fits(label) ? AddColumns(shape, labelColumnName)
            : throw Prediction.WrongLabel(labelColumnName, $"{label.Kind} of {label.ItemType}", Allowed);
    }
}
