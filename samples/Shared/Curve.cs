namespace AttentionML.Samples;

/// <summary>One line of a plot.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points, ascending in x; on a logarithmic axis all above 0.</param>
/// <param name="Color">As in <c>#0072B2</c>.</param>
/// <param name="Dashed">Whether it is drawn as dashes. The default is false.</param>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points, string Color, bool Dashed = false)
{
    /// <summary>How far each point may be off, up and down; null, the default, draws no bars.</summary>
    public IReadOnlyList<double>? Errors { get; init; }
}
