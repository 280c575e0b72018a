using System.Globalization;
using System.Text.Json.Serialization;

namespace AttentionML.Pipelines;

/// <summary>A <see cref="Prediction"/> as a saved model writes it.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="OutputCount">The numbers of the head.</param>
/// <param name="IsVector">Whether a regression's label is a vector.</param>
/// <param name="ClassTexts">The classes' names, where they are texts.</param>
/// <param name="ClassNumbers">The classes' names, where they are numbers.</param>
internal sealed record PredictionSettings(
    PredictionName Kind, int OutputCount, bool IsVector = false, string[]? ClassTexts = null, float[]? ClassNumbers = null)
{
    /// <summary>What the classes are called, as text; null where they have no names.</summary>
    [JsonIgnore]
    public string[]? ClassNames => ClassTexts ?? ClassNumbers?.Select(number => number.ToString(CultureInfo.InvariantCulture)).ToArray();

    /// <summary>The prediction.</summary>
    /// <exception cref="ArgumentException">The settings do not go together.</exception>
    public Prediction Make() => Kind switch
    {
        PredictionName.Multiclass when OutputCount > 1 && HasNames(ClassTexts) && HasNames(ClassNumbers) =>
            new MulticlassPrediction(new(OutputCount, ClassTexts, ClassNumbers)),
        PredictionName.Binary when OutputCount == 1 => new BinaryPrediction(),
        PredictionName.Regression when OutputCount > 0 && (IsVector || OutputCount == 1) => new RegressionPrediction(OutputCount, IsVector),
        _ => throw new ArgumentException($"A prediction of the kind {Kind} cannot have {OutputCount} outputs, or names of another number."),
    };

    private bool HasNames<T>(T[]? names) => names is null || names.Length == OutputCount;
}
