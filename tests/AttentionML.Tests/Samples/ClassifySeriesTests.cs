using System.Globalization;
using System.Text.Json;
using AttentionML.Tests.Export;
using ClassifySeries;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Samples;

public sealed class ClassifySeriesTests : IDisposable
{
    private readonly TemporaryFolder _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Run_NoFiles_ClassifiesControlChartsAndWritesEveryFile()
    {
        var (code, output, errors) = await Run("--epochs", "1", "--seeds", "1");

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("linear-elu, seed 1: epoch 1 of 1", output, StringComparison.Ordinal);
        Assert.Equal(
            [
                "confusion.png", "details.json", "learning.png", "model-linear-elu.onnx", "model-linear-elu.parity.json", "model-linear-elu.zip",
                "model-softmax.onnx", "model-softmax.parity.json", "model-softmax.zip", "results.json",
            ],
            Directory.GetFiles(_output.File("")).Select(Path.GetFileName).Order());
        using var results = Read();
        Assert.Equal("ControlCharts", results.RootElement.GetProperty("dataset").GetString());
        Assert.Equal(1, results.RootElement.GetProperty("settings").GetProperty("epochs").GetInt32());
        Assert.Equal(["softmax 1", "linear-elu 1"], Runs(results).Select(Name));
        Assert.All(Runs(results), run =>
        {
            Assert.InRange(run.GetProperty("testAccuracy").GetDouble(), 0.3, 1);       // chance is 1/6
            Assert.InRange(run.GetProperty("macroF1").GetDouble(), 0.1, 1);
            Assert.True(run.GetProperty("trainSeconds").GetDouble() > 0);
            Assert.True(run.GetProperty("scoreRowsPerSecond").GetDouble() > 0);
            Assert.Equal(1, run.GetProperty("epochs").GetInt32());
            Assert.True(run.GetProperty("parameters").GetInt64() > 10_000);
            Assert.Equal(
                ["mechanism", "seed", "testAccuracy", "macroF1", "trainSeconds", "scoreRowsPerSecond", "epochs", "parameters"],
                run.EnumerateObject().Select(member => member.Name));
        });
        var baselines = results.RootElement.GetProperty("baselines").EnumerateArray().Select(one => one.GetProperty("name").GetString());
        Assert.Equal(["1-NN DTW", "ML.NET LbfgsMaximumEntropy", "ML.NET LightGbm"], baselines);
    }

    [Fact]
    public async Task Run_ItsModel_GivesTheAccuracyOfTheResults()
    {
        await Run("--epochs", "1", "--seeds", "1", "--mechanisms", "softmax");
        var rows = ControlCharts.Generate(rowsPerClass: 50, seed: 1).Test;
        var ml = new MLContext();

        var model = ml.Model.Load(_output.File("model-softmax.zip"), out _);
        var predictions = model.Transform(SeriesViews.AsTheyAre(ml, rows)).GetColumn<string>("PredictedLabel");

        using var results = Read();
        var right = rows.Zip(predictions).Count(pair => pair.First.Label == pair.Second);
        Assert.Equal(Runs(results).Single().GetProperty("testAccuracy").GetDouble(), (double)right / rows.Count, 1e-9);
    }

    [Fact]
    public async Task Run_Again_KeepsWhatIsFinishedAndAddsTheRest()
    {
        await Run("--epochs", "1", "--seeds", "1", "--mechanisms", "softmax");
        using var before = Read();
        var model = File.GetLastWriteTimeUtc(_output.File("model-softmax.zip"));

        var (code, output, _) = await Run("--epochs", "1", "--seeds", "1,2", "--mechanisms", "softmax");

        Assert.Equal(0, code);
        Assert.DoesNotContain("seed 1", output, StringComparison.Ordinal);
        Assert.DoesNotContain("] ML.NET", output, StringComparison.Ordinal);
        using var after = Read();
        Assert.Equal(["softmax 1", "softmax 2"], Runs(after).Select(Name));
        Assert.Equal(Runs(before).Single().GetRawText(), Runs(after)[0].GetRawText());
        Assert.Equal(model, File.GetLastWriteTimeUtc(_output.File("model-softmax.zip")));
    }

    [Fact]
    public async Task Run_WithASwap_ShowsTheAccuracyBeforeRightAfterAndTrainedOn()
    {
        var (code, output, errors) = await Run("--epochs", "1", "--seeds", "1", "--swap", "2");

        Assert.Equal((0, ""), (code, errors));
        var table = await File.ReadAllTextAsync(_output.File("swap-linear-elu.md"), TestContext.Current.CancellationToken);
        Assert.Contains(table, output, StringComparison.Ordinal);
        using var results = Read();
        var before = Runs(results)[0].GetProperty("testAccuracy").GetDouble();
        string[][] rows = [.. table.Split('\n').Skip(2).SkipLast(1).Select(line => line.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        Assert.Equal(["softmax", "swapped to linear-elu", "and trained on, 2 epochs"], rows.Select(row => row[0]));
        Assert.Equal(before.ToString("0.0 %", CultureInfo.InvariantCulture), rows[0][1]);
        Assert.NotEqual(rows[1][1], rows[2][1]);

        var (again, summary, _) = await SampleProcess.Run("ClassifySeries", "--summary", _output.File(""));
        Assert.Equal(0, again);
        Assert.Contains("| set | seeds | softmax | linear-elu | 1-NN DTW | L-BFGS | LightGBM |", summary, StringComparison.Ordinal);
        Assert.Contains($"| ControlCharts | 1 | {(100 * before).ToString("0.0", CultureInfo.InvariantCulture)} | ", summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SummaryOfAnEmptyFolder_SaysSoAndReturns2()
    {
        var (code, _, errors) = await SampleProcess.Run("ClassifySeries", "--summary", _output.File(""));

        Assert.Equal(2, code);
        Assert.Contains("has no results.json in its folders", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OtherSettingsInTheSameFolder_AsksForAnother()
    {
        await Run("--epochs", "1", "--seeds", "1", "--mechanisms", "softmax");

        var (code, _, errors) = await Run("--epochs", "2", "--seeds", "1", "--mechanisms", "softmax");

        Assert.Equal(2, code);
        Assert.Contains("Give another --output", errors, StringComparison.Ordinal);
        Assert.Contains("Epochs = 2", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_InterruptedWithinATraining_GoesOnThereAndGivesWhatAnUnbrokenOneGives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends SIGINT with kill.");
        string[] arguments = ["--epochs", "6", "--seeds", "1", "--mechanisms", "softmax"];
        using (var process = SampleProcess.Start("ClassifySeries", [.. arguments, "--output", _output.File("")]))
        {
            await SampleProcess.InterruptAt(process, "epoch 2 of");
            var rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(130, process.ExitCode);
            Assert.Contains("the same command goes on from here", rest, StringComparison.Ordinal);
        }

        using var interrupted = Read();
        Assert.Empty(Runs(interrupted));
        Assert.Equal(3, interrupted.RootElement.GetProperty("baselines").GetArrayLength());
        Assert.Equal(["results.json", "run-softmax-1.checkpoint", "run-softmax-1.json"], Directory.GetFiles(_output.File("")).Select(Path.GetFileName).Order());

        var (code, output, _) = await Run(arguments);
        using var unbroken = new TemporaryFolder();
        await SampleProcess.Run("ClassifySeries", [.. arguments, "--output", unbroken.File("")]);

        Assert.Equal(0, code);
        Assert.DoesNotContain("epoch 1 of", output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(unbroken.File("model-softmax.parity.json")), File.ReadAllText(_output.File("model-softmax.parity.json")));
        Assert.Equal(Losses(unbroken), Losses(_output));
        Assert.Equal(6, Losses(_output).Length);
        Assert.Empty(Directory.GetFiles(_output.File(""), "run-*"));
    }

    [Theory]
    [InlineData("'foo'; there are linear-elu", "--mechanisms", "foo")]
    [InlineData("'zero'; it takes whole numbers from 1 up", "--seeds", "1,zero")]
    [InlineData("'0'; it takes whole numbers from 1 up", "--epochs", "0")]
    [InlineData("--train and --test go together", "--train", "X_TRAIN.ts")]
    [InlineData("missing.ts", "--train", "missing.ts", "--test", "missing.ts")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task Run_WrongOptions_SaysSoAndReturns2(string message, params string[] arguments)
    {
        var (code, _, errors) = await Run(arguments);

        Assert.Equal(2, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    private static JsonElement[] Runs(JsonDocument results) => [.. results.RootElement.GetProperty("runs").EnumerateArray()];

    private static string Name(JsonElement run) => $"{run.GetProperty("mechanism").GetString()} {run.GetProperty("seed").GetInt32()}";

    private static double[] Losses(TemporaryFolder folder)
    {
        using var details = JsonDocument.Parse(File.ReadAllText(folder.File("details.json")));
        return [.. details.RootElement.GetProperty("runs")[0].GetProperty("losses").EnumerateArray().Select(loss => loss.GetDouble())];
    }

    private Task<(int Code, string Output, string Errors)> Run(params string[] arguments) =>
        SampleProcess.Run("ClassifySeries", [.. arguments, "--output", _output.File("")]);

    private JsonDocument Read() => JsonDocument.Parse(File.ReadAllText(_output.File("results.json")));
}
