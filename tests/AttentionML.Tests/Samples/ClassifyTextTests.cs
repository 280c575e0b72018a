using System.Text.Json;
using AttentionML.Tests.Data;
using AttentionML.Tests.Export;
using ClassifyText;

namespace AttentionML.Tests.Samples;

public sealed class ClassifyTextTests : IDisposable
{
    private const string Zip = "movie_reviews/movie_reviews.zip";

    private readonly TemporaryFolder _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Run_OneFoldAndTenSeconds_WritesEveryFile()
    {
        var (code, output, errors) = await Run("--folds", "10", "--seconds", "10", "--contexts", "128", "--mechanisms", "linear-elu");

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("fold 10, 128 words, no attention: ", output, StringComparison.Ordinal);
        Assert.Equal(["accuracy.png", "results.json"], Directory.GetFiles(_output.File("")).Select(Path.GetFileName).Order());
        using var results = Read();
        Assert.Equal(["linear-elu 128 10", "none 128 10"], Runs(results).Select(Name));
        Assert.All(Runs(results), run =>
        {
            Assert.InRange(run.GetProperty("accuracy").GetDouble(), 0.5, 1);
            Assert.True(run.GetProperty("epochs").GetDouble() > 0);
            var points = run.GetProperty("points").EnumerateArray().ToArray();
            Assert.InRange(points.Length, 1, 4);
            Assert.InRange(points[^1].GetProperty("seconds").GetDouble(), 10, double.MaxValue);
            Assert.Equal(run.GetProperty("accuracy").GetDouble(), points[^1].GetProperty("accuracy").GetDouble());
        });
        var baselines = results.RootElement.GetProperty("baselines").EnumerateArray().Select(one => one.GetProperty("accuracy").GetDouble());
        Assert.Equal([0.665, 0.738, 0.787, 0.827, 0.842], baselines);
    }

    [Fact]
    public async Task Run_Again_KeepsWhatIsFinishedAndAddsTheRest()
    {
        await Run("--folds", "1", "--seconds", "1", "--contexts", "16", "--mechanisms", "softmax");
        using var before = Read();

        var (code, output, _) = await Run("--folds", "1", "--seconds", "1", "--contexts", "16", "32", "--mechanisms", "softmax");

        Assert.Equal(0, code);
        Assert.DoesNotContain("fold 1, 16 words", output, StringComparison.Ordinal);
        using var after = Read();
        Assert.Equal(["softmax 16 1", "none 16 1", "softmax 32 1", "none 32 1"], Runs(after).Select(Name));
        Assert.Equal(Runs(before).Select(run => run.GetRawText()), Runs(after)[..2].Select(run => run.GetRawText()));
    }

    [Fact]
    public async Task Run_Interrupted_KeepsNoPartOfARun()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends SIGINT with kill.");
        using var process = SampleProcess.Start(
            "ClassifyText", "--data", SharedData.Path(Zip), "--folds", "1", "--seconds", "600", "--contexts", "16", "--output", _output.File(""));
        await SampleProcess.InterruptAt(process, "softmax");
        var rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("the same command goes on from here", rest, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_output.File("")));
    }

    [Theory]
    [InlineData("'foo'; there are linear-elu", "--mechanisms", "foo")]
    [InlineData("--folds was given 11; there are 10", "--folds", "11")]
    [InlineData("'0'; it takes whole numbers from 1 up", "--seconds", "0")]
    [InlineData("missing.zip", "--data", "missing.zip")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task Run_WrongOptions_SaysSoAndReturns2(string message, params string[] arguments)
    {
        var (code, _, errors) = await SampleProcess.Run("ClassifyText", [.. arguments, "--output", _output.File("")]);

        Assert.Equal(2, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TheReviews_GivesTenFoldsOfAHundredOfEither()
    {
        var reviews = Review.Read(SharedData.Path(Zip));

        Assert.Equal(
            from fold in Enumerable.Range(1, 10) from label in new[] { false, true } select (fold, label, 100),
            reviews.GroupBy(review => (review.Fold, review.Label)).Select(group => (group.Key.Fold, group.Key.Label, group.Count())).Order());
        Assert.Equal("plot : two", reviews.First(review => !review.Label).First(3).Text);
    }

    [Fact]
    public void Summary_TwoFolds_GivesMeanAndStandardErrorAndPairs()
    {
        Run[] runs =
        [
            new("softmax", 16, 1, 0.7, 1, [new(5, 0.6), new(10, 0.7)]), new("none", 16, 1, 0.5, 3, [new(10, 0.5)]),
            new("softmax", 16, 2, 0.9, 2, [new(5, 0.6), new(12, 0.9)]), new("none", 16, 2, 0.8, 4, [new(10, 0.8)]),
        ];

        var (softmax, none) = (Summary.Of(runs)[0], Summary.Of(runs)[1]);
        var (mean, error) = Summary.Difference(runs, softmax, none);

        Assert.Equal((0.8, 0.1, 1.5), (softmax.Accuracy, Math.Round(softmax.Error, 9), softmax.Epochs));
        Assert.Equal([(5.0, 0.6), (11.0, 0.8)], softmax.Points.Select(point => (point.Seconds, point.Accuracy)));
        Assert.Equal((0.15, 0.05), (Math.Round(mean, 9), Math.Round(error, 9)));      // 0.2 and 0.1: the deviation 0.0707 over the root of 2
    }

    private static JsonElement[] Runs(JsonDocument results) => [.. results.RootElement.GetProperty("runs").EnumerateArray()];

    private static string Name(JsonElement run) =>
        $"{run.GetProperty("mechanism").GetString()} {run.GetProperty("context").GetInt32()} {run.GetProperty("fold").GetInt32()}";

    private Task<(int Code, string Output, string Errors)> Run(params string[] arguments) =>
        SampleProcess.Run("ClassifyText", ["--data", SharedData.Path(Zip), .. arguments, "--output", _output.File("")]);

    private JsonDocument Read() => JsonDocument.Parse(File.ReadAllText(_output.File("results.json")));
}
