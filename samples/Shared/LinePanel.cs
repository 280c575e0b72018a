using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionML.Samples;

/// <summary>A plot of curves, with error bars where they have any.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="XLabel">What x is.</param>
/// <param name="YLabel">What y is.</param>
/// <param name="Curves">The curves.</param>
public sealed record LinePanel(string Title, string XLabel, string YLabel, IReadOnlyList<Curve> Curves) : PlotPanel(Title)
{
    /// <summary>The range of y; null, the default, is what the curves need. Give panels that stand side by side the same.</summary>
    public (double Low, double High)? Range { get; init; }

    /// <summary>The values of x to name, on a logarithmic axis; null, the default, is a linear axis.</summary>
    public IReadOnlyList<double>? LogarithmicTicks { get; init; }

    /// <summary>Whether each point is marked. The default is true.</summary>
    public bool Markers { get; init; } = true;

    /// <summary>Where the names of the curves stand. The default is at the bottom right.</summary>
    public Alignment Legend { get; init; } = Alignment.LowerRight;

    internal override void Draw(Plot plot)
    {
        PlotStyle.Apply(plot, Title, XLabel, YLabel);
        foreach (var curve in Curves)
        {
            var (x, y) = (curve.Points.Select(point => At(point.X)).ToArray(), curve.Points.Select(point => point.Y).ToArray());
            var line = plot.Add.Scatter(x, y);
            (line.Color, line.LegendText) = (Color.FromHex(curve.Color), curve.Name);
            (line.LineWidth, line.MarkerSize) = (2.5f, Markers || x.Length == 1 ? 8 : 0);
            line.LinePattern = curve.Dashed ? LinePattern.Dashed : LinePattern.Solid;
            if (curve.Errors is { } errors)
            {
                var bars = plot.Add.ErrorBar(x, y, [.. errors]);
                (bars.Color, bars.LineWidth) = (line.Color, 1.5f);
            }
        }

        if (LogarithmicTicks is { } ticks)
        {
            plot.Axes.Bottom.TickGenerator = new NumericManual(
                ticks.Select(At).ToArray(), ticks.Select(tick => tick.ToString(CultureInfo.InvariantCulture)).ToArray());
        }

        plot.Axes.AutoScale();
        if (Range is { } range)
        {
            plot.Axes.SetLimitsY(range.Low, range.High);
        }

        PlotStyle.Legend(plot, Legend);
    }

    private double At(double x) => LogarithmicTicks is null ? x : Math.Log2(x);
}
