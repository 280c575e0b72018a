using System.Globalization;
using AttentionML.Tests.Export;
using AttentionML.Tests.Native;

namespace AttentionML.Tests.Training;

/// <summary>A training process that is killed again and again ends in the weights of one that is not.</summary>
public sealed class KilledTrainingTests(ITestOutputHelper log) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Train_KilledThreeTimes_EndsInTheSameWeights() => KillAndResume(killCount: 3, longestRun: 12, epochs: 8);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public Task Train_KilledThirtyTimes_EndsInTheSameWeights() => KillAndResume(killCount: 30, longestRun: 9, epochs: 60);

    private async Task KillAndResume(int killCount, int longestRun, int epochs)
    {
        var random = new Random(42);
        var unbroken = await ProbeProcess.RunAsync(AppContext.BaseDirectory, Train("unbroken", "expected", epochs));
        Assert.Equal("", unbroken.Error);
        var lastStep = 0;
        for (var kill = 0; kill < killCount; kill++)
        {
            var steps = await TrainAndKill(random.Next(1, longestRun + 1), random.Next(20), epochs);
            log.WriteLine($"steps {steps[0]} to {steps[^1]}, killed");
            Assert.InRange(steps[0], lastStep, lastStep + 1); // a kill loses the step at hand and no more
            lastStep = steps[^1];
        }

        var resumed = await ProbeProcess.RunAsync(AppContext.BaseDirectory, Train("checkpoint", "actual", epochs));

        Assert.EndsWith("trained", resumed.Output);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("expected.safetensors"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_folder.File("actual.safetensors"), TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFiles(_folder.File(""), "*.partial"));
    }

    // SIGKILL after some steps and some milliseconds: in a step, or in the middle of writing a checkpoint.
    private async Task<List<int>> TrainAndKill(int stepCount, int milliseconds, int epochs)
    {
        using var process = ProbeProcess.Start(AppContext.BaseDirectory, Train("checkpoint", "actual", epochs));
        var steps = new List<int>();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            steps.Add(int.Parse(line.Replace("step ", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)); // "trained" came too early
            if (steps.Count == stepCount)
            {
                await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
                process.Kill();
            }
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return steps;
    }

    private string[] Train(string checkpoint, string weights, int epochs) =>
        ["train", _folder.File($"{checkpoint}.zip"), _folder.File($"{weights}.safetensors"), epochs.ToString(CultureInfo.InvariantCulture)];
}
