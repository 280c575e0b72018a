using ScottPlot;

namespace AttentionML.Samples;

/// <summary>A plot that stands by itself.</summary>
/// <param name="Title">What stands above it.</param>
public abstract record PlotPanel(string Title)
{
    internal abstract void Draw(Plot plot);
}
