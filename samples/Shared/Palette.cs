namespace AttentionML.Samples;

/// <summary>The colours of curves.</summary>
public static class Palette
{
    /// <summary>Black, then Okabe and Ito's colours, told apart by everyone.</summary>
    public static IReadOnlyList<string> Colors { get; } = ["#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];
}
