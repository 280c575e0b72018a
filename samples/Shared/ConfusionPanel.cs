using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionML.Samples;

/// <summary>A matrix of how often each class was taken for each: counts, coloured by their part of the class.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="Classes">The classes, in the order of the matrix.</param>
/// <param name="Counts">[actual, predicted].</param>
public sealed record ConfusionPanel(string Title, IReadOnlyList<string> Classes, int[,] Counts) : PlotPanel(Title)
{
    internal override void Draw(Plot plot)
    {
        var count = Classes.Count;
        var totals = Enumerable.Range(0, count).Select(actual => Enumerable.Range(0, count).Sum(predicted => Counts[actual, predicted])).ToArray();
        PlotStyle.Apply(plot, Title, "Predicted", "Actual");
        plot.HideGrid();
        for (var actual = 0; actual < count; actual++)
        {
            for (var predicted = 0; predicted < count; predicted++)
            {
                var part = totals[actual] == 0 ? 0 : (double)Counts[actual, predicted] / totals[actual];
                Cell(plot, predicted, count - 1 - actual, part, Counts[actual, predicted]);        // the first class on top
            }
        }

        var places = Enumerable.Range(0, count).Select(place => (double)place).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(places, [.. Classes]);
        plot.Axes.Left.TickGenerator = new NumericManual(places, [.. Classes.Reverse()]);
        if (Classes.Max(name => name.Length) > 3)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -30;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
            plot.Axes.Bottom.MinimumSize = 60 + (4 * Classes.Max(name => name.Length));        // tilted, they need room below
        }

        plot.Axes.SetLimits(-0.5, count - 0.5, -0.5, count - 0.5);
    }

    private static void Cell(Plot plot, int x, int y, double part, int number)
    {
        var cell = plot.Add.Rectangle(x - 0.5, x + 0.5, y - 0.5, y + 0.5);
        cell.FillColor = Color.FromHex("#0072B2").WithAlpha(part);
        (cell.LineColor, cell.LineWidth) = (Color.FromHex("#E6E6E6"), 1);
        if (number > 0)
        {
            var text = plot.Add.Text(number.ToString(CultureInfo.InvariantCulture), x, y);
            (text.LabelFontName, text.LabelFontSize, text.LabelAlignment) = (PlotStyle.Font, PlotStyle.TextSize, Alignment.MiddleCenter);
            text.LabelFontColor = part > 0.5 ? Colors.White : PlotStyle.Ink;
        }
    }
}
