using System.Text.Json.Serialization;

namespace AttentionML.Models;

/// <summary>One named tensor of what a causal model keeps of the past of a sequence.</summary>
/// <param name="Name">Its name, such as <c>blocks.0.attention.sum</c>.</param>
/// <param name="Shape">Its size along each axis but the batch, which stands in front.</param>
internal sealed record ModelState(string Name, int[] Shape)
{
    /// <summary>The name of the number of steps so far, [1, 1].</summary>
    public const string StepsBefore = "steps";

    /// <summary>The elements for one sequence.</summary>
    [JsonIgnore]
    public int Size { get; } = Shape.Aggregate(1, (product, size) => checked(product * size));
}
