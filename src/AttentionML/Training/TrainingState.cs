using AttentionML.Models;

namespace AttentionML.Training;

/// <summary>
/// All that the rest of a training run follows from, beside the options and the rows: batches and dropout follow from the seed and the
/// step, the learning rate from the step.
/// </summary>
/// <param name="Position">Where the run stands.</param>
/// <param name="Elements">The tensors' elements, in the order of <see cref="Layout"/>.</param>
internal sealed record TrainingState(TrainingPosition Position, float[][] Elements)
{
    /// <summary>Names and shapes of the tensors: weights, AdamW's moments of all trained weights, and the best epoch's weights if there is one.</summary>
    /// <param name="model">The model that is trained.</param>
    /// <param name="hasBest">Whether a best epoch is known.</param>
    public static IReadOnlyList<(string Name, long[] Shape)> Layout(AttentionModel model, bool hasBest) =>
    [
        .. model.Declared.Select(weight => ($"weights.{weight.Name}", weight.Shape)),
        ("optimizer.first_moments", [model.ParameterCount]),
        ("optimizer.second_moments", [model.ParameterCount]),
        .. hasBest ? model.Declared.Where(weight => weight.IsTrained).Select(weight => ($"best.{weight.Name}", weight.Shape)) : [],
    ];
}
