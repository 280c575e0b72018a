using System.Text.Json;
using AttentionML.Tests.Data;
using AttentionML.Tests.Export;
using ForecastSeries;

namespace AttentionML.Tests.Samples;

public sealed class ForecastSeriesTests : IDisposable
{
    private const string Csv = "etth1/ETTh1.csv";

    private readonly TemporaryFolder _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Run_OneMechanism_ReproducesThePublishedBaselinesAndWritesEveryFile()
    {
        string[] arguments = ["--mechanisms", "linear-elu", "--stride", "256", "--epochs", "2"];

        var (code, output, errors) = await Run(arguments);

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("linear-elu: epoch 2 of 2", output, StringComparison.Ordinal);
        Assert.Equal(["forecast.png", "results.json"], Directory.GetFiles(_output.File("")).Select(Path.GetFileName).Order());
        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(_output.File("results.json"), TestContext.Current.CancellationToken));
        var forecasts = results.RootElement.GetProperty("forecasts").EnumerateArray().ToArray();
        Assert.Equal(["repeat last", "NLinear, least squares", "linear-elu"], forecasts.Select(forecast => forecast.GetProperty("model").GetString()));
        AssertErrors(forecasts[0], 1.295, 0.713);       // Zeng et al. 2023, table 2
        AssertErrors(forecasts[1], 0.374, 0.394);
        Assert.InRange(forecasts[2].GetProperty("meanSquaredError").GetDouble(), 0.3, 1.29);
        Assert.All(forecasts, forecast => Assert.Equal(Window.Horizon, forecast.GetProperty("example").GetArrayLength()));

        var (again, rest, _) = await Run(arguments);
        Assert.Equal(0, again);
        Assert.DoesNotContain("epoch", rest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'foo'; there are linear-elu", "--mechanisms", "foo")]
    [InlineData("'0'; it takes whole numbers from 1 up", "--stride", "0")]
    [InlineData("missing.csv", "--data", "missing.csv")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task Run_WrongOptions_SaysSoAndReturns2(string message, params string[] arguments)
    {
        var (code, _, errors) = await SampleProcess.Run("ForecastSeries", [.. arguments, "--output", _output.File("")]);

        Assert.Equal(2, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ALineThatIsNoHour_NamesIt()
    {
        var hours = Enumerable.Repeat("2016-07-01 00:00:00,1,2", 14400).ToArray();
        hours[6] = "2016-07-01 06:00:00,1,much";
        File.WriteAllLines(_output.File("hours.csv"), ["date,A,B", .. hours]);

        var error = Assert.Throws<InvalidDataException>(() => Transformers.Read(_output.File("hours.csv")));

        Assert.Contains("line 8: '2016-07-01 06:00:00,1,much' is not a date and 2 numbers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TheTestHours_GivesEveryWindowRelativeToItsLastKnownValue()
    {
        var counting = new Transformers(["A"], [[.. Enumerable.Range(0, Transformers.TestEnd).Select(hour => (float)hour)]]);

        var windows = Window.Of(counting, Transformers.ValidationEnd, Transformers.TestEnd);

        Assert.Equal(2785, windows.Count);       // 2880 hours, less 96, and one
        Assert.Equal((11519, 1, 96), (windows[0].Last, windows[0].Label[0], windows[0].Label[^1]));
        Assert.Equal((-335, 0), (windows[0].Features[0], windows[0].Features[^1]));
        Assert.Equal(Transformers.TestEnd - 1, windows[^1].Last + windows[^1].Label[^1]);
    }

    [Fact]
    public void Make_WindowsOfALinearLaw_FindsTheLaw()
    {
        var random = new Random(42);
        var windows = Enumerable.Range(0, 800).Select(_ =>
        {
            float[] past = [.. Enumerable.Range(0, Window.Past).Select(_ => random.NextSingle())];
            return new Window
            {
                Features = past,
                Label = [.. Enumerable.Range(0, Window.Horizon).Select(hour => past[hour] - (2 * past[^1]) + (0.01f * hour))],
                Last = 0,
            };
        }).ToArray();

        var forecast = LinearForecast.Make(windows[..700], windows[700..]);

        // The ridge draws the map towards 0 by about a hundredth.
        Assert.Equal(100, forecast.Length);
        Assert.All(windows[700..].Zip(forecast), pair => Assert.All(
            pair.First.Label.Zip(pair.Second), hour => Assert.Equal(hour.First, hour.Second, 0.15f)));
    }

    private static void AssertErrors(JsonElement forecast, double squared, double absolute)
    {
        Assert.Equal(squared, forecast.GetProperty("meanSquaredError").GetDouble(), 0.005);
        Assert.Equal(absolute, forecast.GetProperty("meanAbsoluteError").GetDouble(), 0.005);
    }

    private Task<(int Code, string Output, string Errors)> Run(params string[] arguments) =>
        SampleProcess.Run("ForecastSeries", ["--data", SharedData.Path(Csv), .. arguments, "--output", _output.File("")]);
}
