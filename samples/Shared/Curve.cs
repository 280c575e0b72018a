namespace AttentionML.Samples;

/// <summary>One line of a plot.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points, ascending in x, all coordinates above 0.</param>
/// <param name="Color">As in <c>#0072B2</c>.</param>
/// <param name="Dashed">Whether it is drawn as dashes. The default is false.</param>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points, string Color, bool Dashed = false);
