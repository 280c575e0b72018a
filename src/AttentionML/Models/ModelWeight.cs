namespace AttentionML.Models;

/// <summary>One named tensor of a model.</summary>
/// <param name="Name">Its name in files, such as <c>blocks.0.attention.queries.weight</c>.</param>
/// <param name="Shape">Its size along each axis.</param>
/// <param name="Start">What it holds before training.</param>
/// <param name="IsTrained">Whether training changes it.</param>
internal sealed record ModelWeight(string Name, long[] Shape, WeightStart Start, bool IsTrained = true);
