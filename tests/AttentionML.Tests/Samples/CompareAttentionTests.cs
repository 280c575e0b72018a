using AttentionML.Comparison;
using AttentionML.Mechanisms;
using AttentionML.Tests.Data;

namespace AttentionML.Tests.Samples;

public sealed class CompareAttentionTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("compare-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public async Task Run_TwoLengths_WritesEveryFile()
    {
        var (code, _, errors) = await Run("--lengths", "16", "32", "--quick", "--output", _output);

        Assert.Equal((0, ""), (code, errors));
        var report = Read();
        // On a busy machine a quick run leaves cells out, and says so: every cell is measured or listed.
        var cells = report.Measurements.Select(row => (row.Mechanism, row.Form, row.Stage, row.Causal, row.SequenceLength))
            .Concat(report.Settings.Skipped.Where(cell => cell.What == "time")
                .Select(cell => (cell.Mechanism, cell.Form, cell.Stage, cell.Causal, cell.SequenceLength)))
            .ToList();
        Assert.Equal(AttentionMechanism.All.Select(mechanism => mechanism.Name), cells.Select(cell => cell.Mechanism).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(ComparisonStage.All.Order(), cells.Select(cell => cell.Stage).Distinct().Order());
        Assert.Equal(["formula", "fused"], cells.Select(cell => cell.Form).Distinct().Order());
        Assert.Equal([16, 32], cells.Select(cell => cell.SequenceLength).Distinct().Order());
        Assert.Equal([false, true], cells.Select(cell => cell.Causal).Distinct().Order());
        Assert.NotEmpty(report.Measurements);
        Assert.All(report.Measurements, row => Assert.True(row is { CpuMs: > 0, MedianMs: > 0, RowsPerSecond: > 0, Flops: > 0, Bytes: > 0 }));
        Assert.All(AttentionMechanism.All, mechanism => Assert.True(File.Exists(Path.Combine(_output, "onnx", $"{mechanism}-causal.onnx"))));
        Assert.True(File.Exists(Path.Combine(_output, "comparison.md")));
        Assert.True(File.Exists(Path.Combine(_output, "latency.png")));
        Assert.Empty(Directory.GetFiles(_output, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Run_LongLength_MeasuresMemoryInAFreshProcess()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");

        var (code, _, _) = await Run("--lengths", "1024", "--mechanisms", "softmax", "--causal", "no", "--full", "--output", _output);

        Assert.Equal(0, code);
        var formula = Read().Measurements.Single(row => row is { Stage: "mechanism", Form: "formula" });
        Assert.InRange(formula.PeakMemoryBytes!.Value, 2L * 4 * 1024 * 1024 * 4, 3L * 4 * 1024 * 1024 * 4);     // two matrices of scores
        Assert.True(File.Exists(Path.Combine(_output, "memory.png")));
    }

    [Fact]
    public async Task Run_Series_TakesItsRows()
    {
        var file = SharedData.Path("JapaneseVowels/JapaneseVowels_TRAIN.ts");

        var (code, _, _) = await Run("--series", file, "--batch", "40", "--lengths", "16", "26", "--quick", "--output", _output);

        Assert.Equal(0, code);
        Assert.Equal("JapaneseVowels_TRAIN.ts", Read().Settings.Data);
        Assert.True(File.Exists(Path.Combine(_output, "onnx", "linear-elu-masked.onnx")));      // few rows have 26 steps
    }

    [Fact]
    public async Task Run_Interrupted_LeavesTheFinishedRows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends SIGINT with kill.");
        using var process = SampleProcess.Start("CompareAttention", "--lengths", "16", "32", "64", "128", "256", "512", "--output", _output);
        await SampleProcess.InterruptAt(process, "length 256");
        var rest = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, process.ExitCode);
        Assert.NotEmpty(await rest);
        Assert.True(Read().Settings.Stopped);
        Assert.Contains(Read().Measurements, row => row.SequenceLength == 512);
        Assert.DoesNotContain(Read().Measurements, row => row.SequenceLength == 16);
    }

    [Theory]
    [InlineData("'foo'; there are linear-elu", "--mechanisms", "foo")]
    [InlineData("'zero'; it takes whole numbers from 1 up", "--lengths", "16", "zero")]
    [InlineData("'0'; it takes whole numbers from 1 up", "--batch", "0")]
    [InlineData("--quick and --full exclude each other", "--quick", "--full")]
    [InlineData("perhaps", "--causal", "perhaps")]
    [InlineData("missing.ts", "--series", "missing.ts")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task Run_WrongOptions_SaysSoAndReturns2(string message, params string[] arguments)
    {
        var (code, _, errors) = await Run([.. arguments, "--output", _output]);

        Assert.Equal(2, code);
        Assert.Contains(message, errors);
    }

    [Fact]
    public async Task Run_UnreadableSeries_NamesLineAndReason()
    {
        var file = Path.Combine(_output, "bad.ts");
        await File.WriteAllTextAsync(file, "@classLabel true a\n@data\n1,x:a\n", TestContext.Current.CancellationToken);

        var (code, _, errors) = await Run("--series", file, "--output", _output);

        Assert.Equal(2, code);
        Assert.Contains("line 3: value 2 of channel 1 is 'x'", errors);
    }

    [Fact]
    public async Task Run_LongerThanTheSeries_SaysHowLongItIs()
    {
        var (code, _, errors) = await Run("--series", SharedData.Path("GunPoint/GunPoint_TRAIN.ts"), "--lengths", "4096", "--output", _output);

        Assert.Equal(2, code);
        Assert.Contains("4096 was asked for, and the longest row of GunPoint_TRAIN.ts has 150 steps", errors);
    }

    private static Task<(int Code, string Output, string Errors)> Run(params string[] arguments) => SampleProcess.Run("CompareAttention", arguments);

    private ComparisonReport Read() => ComparisonJson.Read(File.ReadAllText(Path.Combine(_output, "comparison.json")));
}
