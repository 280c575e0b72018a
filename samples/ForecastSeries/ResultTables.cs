using System.Globalization;
using Spectre.Console;

namespace ForecastSeries;

/// <summary>Prints what was found.</summary>
internal static class ResultTables
{
    /// <summary>Prints one table: what was computed here and what was published, the best first.</summary>
    public static void Print(Results results)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }

        var table = new Table().Border(TableBorder.Rounded).Title(
            $"ETTh1, {results.Settings.Horizon} hours ahead, all variables together, in standard deviations");
        table.AddColumn("model");
        foreach (var name in new[] { "MSE", "MAE", "parameters", "learning, s of processor time" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("source");
        var rows = results.Forecasts
            .Select(forecast => (forecast.Model, forecast.MeanSquaredError, forecast.MeanAbsoluteError, Parameters: $"{forecast.Parameters}",
                Time: Text(forecast.TrainSeconds, "0.0"), Source: "computed here"))
            .Concat(results.Published.Select(published => (published.Model, published.MeanSquaredError, published.MeanAbsoluteError, Parameters: "", Time: "", Source: published.Source)));
        foreach (var row in rows.OrderBy(row => row.MeanSquaredError))
        {
            var name = row.Source == "computed here" ? $"[bold]{row.Model}[/]" : row.Model;
            table.AddRow(name, Text(row.MeanSquaredError, "0.000"), Text(row.MeanAbsoluteError, "0.000"), row.Parameters, row.Time, row.Source);
        }

        AnsiConsole.Write(table);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
