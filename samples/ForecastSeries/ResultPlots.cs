using AttentionML.Samples;
using Alignment = ScottPlot.Alignment;

namespace ForecastSeries;

/// <summary>Draws <c>forecast.png</c>: one forecast of each model, and how the error grows with the hours ahead.</summary>
internal static class ResultPlots
{
    private const int ShownPast = 96;

    /// <summary>Draws it; a machine without fonts is told so, and keeps the table.</summary>
    /// <param name="results">What was found; nothing is drawn where no model finished.</param>
    /// <param name="directory">Where the plot goes.</param>
    public static void Write(Results results, string directory)
    {
        if (results.Forecasts.Count == 0)
        {
            return;
        }

        try
        {
            PlotFile.Write(Path.Combine(directory, "forecast.png"), [Example(results), Horizon(results)]);
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine(error.Message);
        }
    }

    private static LinePanel Example(Results results)
    {
        var past = results.Example.Past.TakeLast(ShownPast).ToArray();
        return new(
            $"{results.Example.Variable}, one test window", "Hours ahead", "Standard deviations",
            [
                new("what happened", [.. Points([.. past, .. results.Example.Future], 1 - past.Length)], "#9A9A9A"),
                .. results.Forecasts.Index().Select(forecast => new Curve(
                    forecast.Item.Model, [.. Points(forecast.Item.Example, 1)], Palette.Colors[forecast.Index], forecast.Index == 0)),
            ])
        {
            Markers = false,
            Legend = Alignment.UpperLeft,
        };
    }

    private static LinePanel Horizon(Results results) => new(
        "All test windows and variables", "Hours ahead", "Mean squared error",
        [
            .. results.Forecasts.Index().Select(forecast => new Curve(
                forecast.Item.Model, [.. Points(forecast.Item.HorizonErrors, 1)], Palette.Colors[forecast.Index], forecast.Index == 0)),
        ])
    {
        Markers = false,
        Range = (0, 1.4 * results.Forecasts.Max(forecast => forecast.HorizonErrors.Max())),       // room for the names
        Legend = Alignment.UpperLeft,
    };

    private static IEnumerable<(double X, double Y)> Points<T>(IReadOnlyList<T> values, int first)
        where T : IConvertible => values.Select((value, i) => ((double)(first + i), Convert.ToDouble(value, null)));
}
