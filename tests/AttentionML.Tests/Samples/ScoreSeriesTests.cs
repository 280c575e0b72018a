using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Tests.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Samples;

public sealed class ScoreSeriesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("multiclass", "Score")]
    [InlineData("binary", "Probability")]
    [InlineData("regression", "Score")]
    public async Task Run_AFile_GivesWhatTheModelGivesInMLNet(string kind, string column)
    {
        var model = TrainedModels.Get(kind, AttentionMechanism.LinearElu);
        model.ExportOnnx(_folder.File("model.onnx"), new() { Masked = kind == "multiclass" });
        var rows = WriteSeries("waves.ts", 7);

        Assert.Equal((0, ""), await Score("all", "--input", _folder.File("waves.ts"), "--rows-per-part", "3"));

        var expected = new MLContext().Data.LoadFromEnumerable(rows);
        var scores = kind == "multiclass"
            ? model.Transform(expected).GetColumn<float[]>(column)
            : model.Transform(expected).GetColumn<float>(column).Select(score => new[] { score });
        Assert.Equal(["waves.00000.csv", "waves.00001.csv", "waves.00002.csv"], Scores("all").Keys);
        string[][] lines = [.. Scores("all").Values.SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)).Select(line => line.Split(','))];
        Assert.Equal(Enumerable.Range(0, 7).Select(number => number.ToString(CultureInfo.InvariantCulture)), lines.Select(line => line[0]));
        Assert.Equal(rows.Select(row => row.Label), lines.Select(line => line[1]));
        Assert.All(scores.Zip(lines), pair => Assert.All(pair.First.Zip(pair.Second[3..]), both =>
            Assert.InRange(float.Parse(both.Second, CultureInfo.InvariantCulture), both.First - Slack(both.First), both.First + Slack(both.First))));
        if (kind == "multiclass")
        {
            Assert.Equal(scores.Select(row => Waves.Classes[Array.IndexOf(row, row.Max())]), lines.Select(line => line[2]));
        }
    }

    [Fact]
    public async Task Run_Shards_WriteTheFilesThatOneProcessWrites()
    {
        Export();
        Directory.CreateDirectory(_folder.File("series"));
        WriteSeries("series/first.ts", 7);
        WriteSeries("series/second.ts", 5);
        string[] common = ["--input", _folder.File("series"), "--rows-per-part", "2"];

        Assert.Equal((0, ""), await Score("one", common));
        foreach (var index in new[] { "2", "0", "1" })
        {
            Assert.Equal((0, ""), await Score("three", [.. common, "--shards", "3", "--shard-index", index]));
        }

        Assert.Equal(4 + 3, Scores("one").Count);
        Assert.Equal(Scores("one"), Scores("three"));
    }

    [Fact]
    public async Task Run_Again_WritesOnlyWhatIsMissing()
    {
        Export();
        WriteSeries("waves.ts", 6);
        string[] common = ["--input", _folder.File("waves.ts"), "--rows-per-part", "2"];
        await Score("all", common);
        var before = Scores("all");
        File.WriteAllText(_folder.File("all/waves.00000.csv"), "kept");
        File.Delete(_folder.File("all/waves.00001.csv"));

        Assert.Equal((0, ""), await Score("all", common));

        Assert.Equal("kept", Scores("all")["waves.00000.csv"]);
        Assert.Equal(before["waves.00001.csv"], Scores("all")["waves.00001.csv"]);
    }

    [Fact]
    public async Task Run_OfAFileThatHasChangedSince_IsRefused()
    {
        Export();
        WriteSeries("waves.ts", 4);
        string[] common = ["--input", _folder.File("waves.ts"), "--rows-per-part", "2"];
        Assert.Equal((0, ""), await Score("all", common));
        var text = File.ReadAllText(_folder.File("waves.ts"));
        var digit = text.LastIndexOf('1');
        File.WriteAllText(_folder.File("waves.ts"), $"{text[..digit]}2{text[(digit + 1)..]}");

        var (code, errors) = await Score("all", common);

        Assert.Equal(2, code);
        Assert.Contains("other files", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PartsOfAnotherSize_AreRefused()
    {
        Export();
        WriteSeries("waves.ts", 4);
        await Score("all", "--input", _folder.File("waves.ts"), "--rows-per-part", "2");

        var (code, errors) = await Score("all", "--input", _folder.File("waves.ts"), "--rows-per-part", "3");

        Assert.Equal(2, code);
        Assert.Contains("parts of another size", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--shards 3", "nothing says which of them this is")]
    [InlineData("--shards 3 --shard-index 3", "from 0 to 2")]
    [InlineData("--rows-per-part 0", "whole numbers from 1 up")]
    public async Task Run_OptionsThatDoNotGoTogether_SaysWhatIsAllowed(string options, string expected)
    {
        Export();
        WriteSeries("waves.ts", 1);

        var (code, errors) = await Score("all", ["--input", _folder.File("waves.ts"), .. options.Split(' ')]);

        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    private static float Slack(float value) => 1e-4f * Math.Max(1, Math.Abs(value));

    private void Export() => TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).ExportOnnx(_folder.File("model.onnx"));

    private async Task<(int Code, string Errors)> Score(string output, params string[] arguments)
    {
        var (code, _, errors) = await SampleProcess.Run(
            "ScoreSeries", ["--model", _folder.File("model.onnx"), "--output", _folder.File(output), .. arguments]);
        return (code, errors);
    }

    private Waves.Row[] WriteSeries(string name, int count)
    {
        var rows = Waves.Rows(count, seed: 7);
        var cases = rows.Select(row => $"{string.Join(',', row.Features.Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}:{row.Label}");
        File.WriteAllText(_folder.File(name), $"@problemName Waves\n@classLabel true {string.Join(' ', Waves.Classes)}\n@data\n{string.Join('\n', cases)}\n");
        return rows;
    }

    private SortedDictionary<string, string> Scores(string output) => new(
        Directory.GetFiles(_folder.File(output), "*.csv").ToDictionary(file => Path.GetFileName(file), File.ReadAllText), StringComparer.Ordinal);
}
