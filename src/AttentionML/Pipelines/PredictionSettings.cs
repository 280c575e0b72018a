namespace AttentionML.Pipelines;

/// <summary>A <see cref="Prediction"/> as a saved model writes it.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="OutputCount">The numbers of the head.</param>
/// <param name="IsVector">Whether a regression's label is a vector.</param>
/// <param name="ClassTexts">The classes' names, as texts; null where they have none.</param>
/// <param name="ClassType">What type the names are of.</param>
internal sealed record PredictionSettings(
    PredictionName Kind, int OutputCount, bool IsVector = false, string[]? ClassTexts = null, ClassValueType ClassType = ClassValueType.Text)
{
    /// <summary>The prediction.</summary>
    /// <exception cref="ArgumentException">The settings do not go together.</exception>
    public Prediction Make() => Kind switch
    {
        PredictionName.Multiclass when OutputCount > 1 && (ClassTexts is null || ClassTexts.Length == OutputCount) =>
            new MulticlassPrediction(new(OutputCount, ClassTexts, ClassType)),
        PredictionName.Binary when OutputCount == 1 => new BinaryPrediction(),
        PredictionName.Regression when OutputCount > 0 && (IsVector || OutputCount == 1) => new RegressionPrediction(OutputCount, IsVector),
        _ => throw new ArgumentException($"A prediction of the kind {Kind} cannot have {OutputCount} outputs, or names of another number."),
    };
}
