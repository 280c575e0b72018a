using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionML.Samples;

/// <summary>A plot of curves over logarithmic axes, with guides for growth with the length and with its square.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="XLabel">What x is.</param>
/// <param name="YLabel">What y is, without a unit: the ticks have it.</param>
/// <param name="Curves">The curves.</param>
/// <param name="Unit">Writes a value of y with its unit.</param>
public sealed record LogLogPanel(string Title, string XLabel, string YLabel, IReadOnlyList<Curve> Curves, Func<double, string> Unit)
{
    private static readonly Color Faint = Color.FromHex("#9A9A9A");

    private IEnumerable<(double X, double Y)> Points => Curves.SelectMany(curve => curve.Points);

    internal void Draw(Plot plot, (double Low, double High) y)
    {
        PlotStyle.Apply(plot, Title, XLabel, YLabel);
        Axes(plot, y);
        Guide(plot, 1, "∝ N", y);
        Guide(plot, 2, "∝ N²", y);
        foreach (var curve in Curves)
        {
            var line = plot.Add.Scatter(
                curve.Points.Select(point => Math.Log10(point.X)).ToArray(), curve.Points.Select(point => Math.Log10(point.Y)).ToArray());
            line.Color = Color.FromHex(curve.Color);
            line.LegendText = curve.Name;
            (line.LineWidth, line.MarkerSize) = (2.5f, curve.Dashed ? 0 : 7);
            line.LinePattern = curve.Dashed ? LinePattern.Dashed : LinePattern.Solid;
        }

        PlotStyle.Legend(plot, Alignment.UpperLeft);
    }

    private void Axes(Plot plot, (double Low, double High) y)
    {
        var x = Points.Select(point => point.X).Distinct().Order().ToArray();
        plot.Axes.SetLimits(Math.Log10(x[0]) - 0.06, Math.Log10(x[^1]) + 0.06, Math.Log10(y.Low), Math.Log10(y.High));
        plot.Axes.Bottom.TickGenerator = new NumericManual(x.Select(Math.Log10).ToArray(), x.Select(value => $"{value:0}").ToArray());
        var decades = Enumerable.Range(-12, 25).Select(power => Math.Pow(10, power)).ToArray();
        plot.Axes.Left.TickGenerator = new NumericManual(decades.Select(Math.Log10).ToArray(), decades.Select(Unit).ToArray());
    }

    // In the empty corner below the curves.
    private void Guide(Plot plot, int power, string name, (double Low, double High) y)
    {
        var x = Points.Select(point => point.X).Distinct().Order().ToArray();
        var (from, to) = (Math.Log10(x[^1]) - 0.6, Math.Log10(x[^1]));
        var start = Math.Log10(y.Low) + 0.12;
        var line = plot.Add.Line(from, start, to, start + (power * (to - from)));
        (line.Color, line.LineWidth, line.LinePattern) = (Faint, 1.5f, LinePattern.Dotted);
        var text = plot.Add.Text(name, to, start + (power * (to - from)));
        (text.LabelFontName, text.LabelFontSize, text.LabelFontColor, text.LabelAlignment) = (PlotStyle.Font, PlotStyle.TickSize, Faint, Alignment.LowerRight);
    }
}
