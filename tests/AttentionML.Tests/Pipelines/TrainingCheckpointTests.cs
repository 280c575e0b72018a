using System.IO.Compression;
using System.Text;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

/// <summary>Training taken up from a checkpoint: in the same weights as an unbroken run, or refused by name.</summary>
public sealed class TrainingCheckpointTests(ITestOutputHelper log) : IDisposable
{
    private const int StepsPerEpoch = 6;

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = View(43, seed: 1);
    private static readonly IDataView Validation = View(21, seed: 2);

    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder.File("checkpoint.zip");

    private AttentionTrainerOptions Options => new()
    {
        Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8, Dropout = 0.3 },
        Training = new() { Epochs = 5, BatchSize = 8, LearningRate = 5e-3, LabelSmoothing = 0.1, BalanceClasses = true },
        Checkpoints = new() { Path = Checkpoint, Interval = TimeSpan.Zero },
        ProgressInterval = TimeSpan.Zero,
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, true)]
    [InlineData(StepsPerEpoch, true)]
    [InlineData(2 * StepsPerEpoch + 3, true)]
    [InlineData(3 * StepsPerEpoch + 5, false)]
    public void ResumeFrom_CancelledAfterSomeSteps_EndsInTheSameWeights(int steps, bool validated)
    {
        var validation = validated ? Validation : null;
        var expected = Weights(Options, validation);
        var cancelled = Cancelled(steps, validation);

        var first = 0L;
        var resumed = Weights(
            Options with { ResumeFrom = Checkpoint, Progress = new Reporter(progress => first = first == 0 ? progress.Step : first) }, validation);

        Assert.NotEqual(expected, cancelled);
        Assert.Equal(expected, resumed);
        Assert.InRange(first, steps, steps + 1);
    }

    [Fact]
    public void ResumeFrom_RunThatPatienceEnded_TakesNoStep()
    {
        var options = Options with { Training = Options.Training with { Epochs = 40, Patience = 1 } };
        var expected = Weights(options, Validation);

        var resumed = Weights(
            options with { ResumeFrom = Checkpoint, Progress = new Reporter(progress => Assert.Fail($"step {progress.Step}")) }, Validation);

        Assert.Equal(expected, resumed);
    }

    [Fact]
    public void ResumeFrom_WithPatienceHalfUsed_StopsAtTheSameEpoch()
    {
        var options = Options with { Training = Options.Training with { Epochs = 40, Patience = 3 } };
        var epochs = new List<int>();
        var expected = Weights(options with { Progress = new Reporter(progress => epochs.Add(progress.Epoch)) }, Validation);
        Cancelled((epochs.Max() - 1) * StepsPerEpoch + 2, Validation, options);

        var resumedEpochs = new List<int>();
        var resumed = Weights(
            options with { ResumeFrom = Checkpoint, Progress = new Reporter(progress => resumedEpochs.Add(progress.Epoch)) }, Validation);

        Assert.InRange(epochs.Max(), 4, 39);
        Assert.Equal(epochs.Max(), resumedEpochs.Max());
        Assert.Equal(expected, resumed);
    }

    [Fact]
    public void Checkpoints_EveryTwoEpochs_AreWrittenThen()
    {
        var times = new List<(long Step, DateTime? Written)>();
        var options = Options with
        {
            Checkpoints = new() { Path = Checkpoint, EveryEpochs = 2, Interval = Timeout.InfiniteTimeSpan },
            Progress = new Reporter(progress => times.Add((progress.Step, File.Exists(Checkpoint) ? File.GetLastWriteTimeUtc(Checkpoint) : null))),
        };

        Weights(options, null);

        Assert.All(times.Where(time => time.Step <= 2 * StepsPerEpoch), time => Assert.Null(time.Written));
        Assert.Equal(2, times.Where(time => time.Step > 2 * StepsPerEpoch).Select(time => time.Written).Distinct().Count()); // after 2 and 4 of 5
        Assert.DoesNotContain(times, time => time.Step > 2 * StepsPerEpoch && time.Written is null);
        Assert.True(File.GetLastWriteTimeUtc(Checkpoint) > times[^1].Written);                                              // and at the end
    }

    public static TheoryData<string, string> OtherRuns => new()
    {
        { "model", "Model.LayerCount is 2 and was 1" },
        { "mechanism", "Model.Mechanism is \"linear-elu\" and was \"softmax\"" },
        { "options", "Training.LearningRate is 0.25 and was 0.005" },
        { "rows", "the training rows are others" },
        { "validation", "the validation rows are others" },
        { "label", "the label's Kind is \"Binary\" and was \"Multiclass\"" },
    };

    [Theory]
    [MemberData(nameof(OtherRuns))]
    public void ResumeFrom_CheckpointOfAnotherRun_SaysWhatDiffers(string what, string message)
    {
        Cancelled(3, Validation);
        var options = Options with { ResumeFrom = Checkpoint };
        options = what switch
        {
            "model" => options with { Model = options.Model with { LayerCount = 2 } },
            "mechanism" => options with { Model = options.Model with { Mechanism = AttentionMechanism.LinearElu } },
            "options" => options with { Training = options.Training with { LearningRate = 0.25 } },
            _ => options,
        };

        var error = Assert.Throws<InvalidDataException>(() =>
        {
            if (what == "label")
            {
                var rows = Ml.Transforms.CopyColumns("Label", "Flag").Fit(Train).Transform(Train);
                Ml.BinaryClassification.Trainers.Attention(options).Fit(rows, rows);
            }
            else
            {
                Weights(options, what == "validation" ? null : Validation, what == "rows" ? View(43, seed: 9) : Train);
            }
        });

        Assert.Contains(message, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(Checkpoint, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1, 1, null, "Path")]
    [InlineData("a.zip", 0, 1, null, "EveryEpochs is 0; it has to be greater than 0, or null.")]
    [InlineData("a.zip", 1, -2, null, "Interval is -00:00:02; it has to be at least 0")]
    [InlineData("a.zip", 1, 1, 5, "With a Budget, Checkpoints and ResumeFrom have to be null")]
    public void Validate_CheckpointsThatCannotBe_SaysWhatIsAllowed(string path, int everyEpochs, int seconds, int? budget, string message)
    {
        var options = Options with
        {
            Checkpoints = new() { Path = path, EveryEpochs = everyEpochs, Interval = TimeSpan.FromSeconds(seconds) },
            Training = new() { Budget = budget is { } time ? new() { ProcessorTime = TimeSpan.FromSeconds(time) } : null },
        };

        Assert.Contains(message, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResumeFrom_NoFile_SaysHowToStartAnew()
    {
        var error = Assert.Throws<FileNotFoundException>(() => Weights(Options with { ResumeFrom = _folder.File("none.zip") }, null));

        Assert.Contains("leave ResumeFrom out", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut short", "is cut short")]
    [InlineData("foreign", "It is no zip")]
    [InlineData("a bit flipped", "corrupted")]
    [InlineData("weights cut short", "'weights.safetensors' in the saved model is cut short")]
    [InlineData("newer", "The saved model is newer: format version 7")]
    [InlineData("a saved model", "'AttentionPrediction', not 'AttentionTraining'")]
    [InlineData("empty zip", "It has no 'options.json'")]
    public void ResumeFrom_DamagedCheckpoint_SaysWhatIsWrong(string damage, string message)
    {
        Cancelled(3, null);
        Damage(damage);

        var error = Assert.Throws<InvalidDataException>(() => Weights(Options with { ResumeFrom = Checkpoint }, null));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResumeFrom_MutatedCheckpoints_RefusesOrGoesOnTheSame() => ResumeFromMutated(200);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public void ResumeFrom_TenThousandMutatedCheckpoints_RefusesOrGoesOnTheSame() => ResumeFromMutated(10_000);

    [Fact]
    public void Checkpoints_PlaceThatCannotBeWritten_EndsTheTraining()
    {
        Directory.CreateDirectory(_folder.File("checkpoint.zip"));

        Assert.ThrowsAny<SystemException>(() => Weights(Options, null)); // IOException or UnauthorizedAccessException, as the system has it
        Assert.DoesNotContain(_folder.Files, file => file.EndsWith(".partial", StringComparison.Ordinal));
    }

    private void ResumeFromMutated(int count)
    {
        Cancelled(5 * StepsPerEpoch - 1, null); // one step is left, so that a run is short
        var options = Options with { Checkpoints = null, ResumeFrom = Checkpoint };
        var original = File.ReadAllBytes(Checkpoint);
        var expected = Weights(options, null);
        var random = new Random(42);
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(Checkpoint, SavedModelFuzzTests.Mutate(original, random));
            try
            {
                Assert.Equal(expected, Weights(options, null));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        log.WriteLine($"{refused} of {count} refused, {count - refused} the same, peak {System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
        Assert.InRange(refused, count / 2, count);
    }

    private void Damage(string how)
    {
        var bytes = File.ReadAllBytes(Checkpoint);
        switch (how)
        {
            case "cut short":
                File.WriteAllBytes(Checkpoint, bytes[..^100]);
                break;
            case "foreign":
                File.WriteAllText(Checkpoint, "Label,Features\n1,2\n");
                break;
            case "a bit flipped":
                bytes[bytes.Length / 2] ^= 1; // in the weights
                File.WriteAllBytes(Checkpoint, bytes);
                break;
            case "weights cut short":
                Rewrite(files => files["weights.safetensors"] = files["weights.safetensors"][..^1]);
                break;
            case "newer":
                Rewrite(files =>
                {
                    var json = Encoding.UTF8.GetString(files["options.json"]).Replace("\"formatVersion\": 1", "\"formatVersion\": 7", StringComparison.Ordinal);
                    files["options.json"] = Encoding.UTF8.GetBytes(json);
                    files["options.json.sha256"] = Encoding.UTF8.GetBytes(
                        $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(files["options.json"]))}  options.json\n");
                });
                break;
            case "a saved model":
                Rewrite(files =>
                {
                    var saved = new MemoryFiles(SavedModel.Files("AttentionPrediction", new AttentionOptions { ModelDimension = 4 }, null));
                    files["options.json"] = saved.Bytes["options.json"];
                    files["options.json.sha256"] = saved.Bytes["options.json.sha256"];
                });
                break;
            default:
                Rewrite(files => files.Clear());
                break;
        }
    }

    private void Rewrite(Action<Dictionary<string, byte[]>> change)
    {
        var files = new Dictionary<string, byte[]>();
        using (var zip = ZipFile.OpenRead(Checkpoint))
        {
            foreach (var entry in zip.Entries)
            {
                using var stream = entry.Open();
                var bytes = new byte[entry.Length];
                stream.ReadExactly(bytes);
                files[entry.FullName] = bytes;
            }
        }

        change(files);
        File.Delete(Checkpoint);
        using var written = ZipFile.Open(Checkpoint, ZipArchiveMode.Create);
        foreach (var (name, bytes) in files)
        {
            using var stream = written.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }

    private float[] Cancelled(int steps, IDataView? validation, AttentionTrainerOptions? options = null)
    {
        using var source = new CancellationTokenSource();
        var progress = new Reporter(value =>
        {
            if (value.Step == steps)
            {
                source.Cancel();
            }
        });
        return Weights((options ?? Options) with { Progress = progress, CancellationToken = source.Token }, validation);
    }

    private static float[] Weights(AttentionTrainerOptions options, IDataView? validation, IDataView? train = null)
    {
        using var transformer = Ml.MulticlassClassification.Trainers.Attention(options).Fit(train ?? Train, validation);
        var model = transformer.Model;
        return [.. model.Declared.SelectMany(weight => model.Elements(weight.Name))];
    }

    private static IDataView View(int count, int seed)
    {
        var rows = Ml.Data.LoadFromEnumerable(Waves.Rows(count, seed).Select(row => new Row { Features = row.Features, Label = row.Label, Flag = row.Label == "saw" }).ToArray());
        return Ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Fit(rows).Transform(rows);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";

        public bool Flag { get; set; }
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
