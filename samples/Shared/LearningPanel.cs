using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionML.Samples;

/// <summary>A plot of curves over the epochs of a training, with a logarithmic y.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="XLabel">What x is.</param>
/// <param name="YLabel">What y is.</param>
/// <param name="Curves">The curves; those with the same name stand in the legend once.</param>
public sealed record LearningPanel(string Title, string XLabel, string YLabel, IReadOnlyList<Curve> Curves) : PlotPanel(Title)
{
    internal override void Draw(Plot plot)
    {
        PlotStyle.Apply(plot, Title, XLabel, YLabel);
        var named = new HashSet<string>();
        foreach (var curve in Curves)
        {
            var line = plot.Add.Scatter(curve.Points.Select(point => point.X).ToArray(), curve.Points.Select(point => Math.Log10(point.Y)).ToArray());
            line.Color = Color.FromHex(curve.Color).WithAlpha(0.8);
            line.LegendText = named.Add(curve.Name) ? curve.Name : "";
            (line.LineWidth, line.MarkerSize) = (1.8f, curve.Points.Count == 1 ? 8 : 0);
        }

        // Whole decades, so that at least two have a number.
        var y = Curves.SelectMany(curve => curve.Points).Select(point => Math.Log10(point.Y)).ToArray();
        var (low, high) = (Math.Floor(y.Min()), Math.Floor(y.Max()) + 1);
        var decades = Enumerable.Range((int)low, (int)(high - low) + 1).Select(power => (double)power).ToArray();
        plot.Axes.Left.TickGenerator = new NumericManual(
            decades, decades.Select(power => Math.Pow(10, power).ToString("0.############", CultureInfo.InvariantCulture)).ToArray());
        plot.Axes.SetLimitsY(low, high);
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        PlotStyle.Legend(plot, Alignment.UpperRight);
    }
}
