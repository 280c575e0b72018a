using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

/// <summary>What a training run says, and what it refuses.</summary>
public class AttentionTrainingTests
{
    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 },
        Training = new() { Epochs = 3, BatchSize = 8 },
    };

    [Fact]
    public void Progress_EveryStep_CountsEpochsStepsAndTimeDown()
    {
        var reports = new List<TrainingProgress>();
        var options = Small with { ProgressInterval = TimeSpan.Zero, Progress = new Reporter(reports.Add) };

        Fit(new MLContext(), options, Keyed(30, seed: 2));

        Assert.Equal(Enumerable.Range(1, 12), reports.Select(report => (int)report.Step));
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], reports.Select(report => report.Epoch));
        Assert.Equal([4L, 8, 12], reports.Where(report => report.EpochEnded).Select(report => report.Step));
        Assert.All(reports, report =>
        {
            Assert.Equal((3, 12L), (report.Epochs, report.Steps));
            Assert.InRange(report.Loss, 0.1, 5);
            Assert.True(report.SamplesPerSecond > 0);
            Assert.Equal(report.EpochEnded, report.ValidationMetric is >= 0 and <= 1);
            Assert.Equal(report.Step == 12, report.TimeLeft == TimeSpan.Zero);
        });
    }

    [Fact]
    public void Progress_ShortEpochs_ReportsEachOnceAndLogsIt()
    {
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, message) => log.Add(message.Message);
        var reports = new List<TrainingProgress>();

        Fit(ml, Small with { Progress = new Reporter(reports.Add), ProgressInterval = Timeout.InfiniteTimeSpan }, Keyed(30, seed: 2));

        Assert.Equal([1, 2, 3], reports.Select(report => report.Epoch));
        Assert.Contains(log, line => line.Contains("Epoch 3 of 3: loss ", StringComparison.Ordinal) && line.Contains("00:00:00 left", StringComparison.Ordinal));
    }

    [Fact]
    public void GradientNorm_NextToNothing_HoldsTheWeights()
    {
        var options = Small with { Training = Small.Training with { GradientNorm = 1e-13, WeightDecay = 0, LearningRate = 1e-2 } };
        using var held = Fit(new MLContext(), options);
        using var moved = Fit(new MLContext(), options with { Training = options.Training with { GradientNorm = 1 } });
        using var start = AttentionML.Models.AttentionModel.Create(options.Model, held.Model.Outputs, options.Training.Seed);

        double Distance(AttentionPredictionTransformer model) => model.Model.Elements("head.weight")
            .Zip(start.Elements("head.weight"), (left, right) => Math.Abs(left - right)).Max();

        Assert.InRange(Distance(held), 0, 1e-5); // at most 1e-13 / (1e-13 + AdamW's 1e-8) of a step
        Assert.InRange(Distance(moved), 1e-2, 1);
    }

    [Fact]
    public void Cancelled_WithValidation_LeavesTheBestEpoch()
    {
        using var source = new CancellationTokenSource();
        var metrics = new List<double>();
        var ml = new MLContext();
        var validation = Keyed(30, seed: 2);
        var options = Small with
        {
            Training = Small.Training with { Epochs = 500, LearningRate = 2e-2 },
            CancellationToken = source.Token,
            Progress = new Reporter(report =>
            {
                metrics.Add(report.ValidationMetric ?? 0);
                if (metrics.Count > 3 && report.ValidationMetric < metrics.Max())
                {
                    source.Cancel(); // the epoch at hand is not the best one
                }
            }),
        };

        using var model = Fit(ml, options, validation);

        Assert.True(source.IsCancellationRequested);
        Assert.Equal(metrics.Max(), ml.MulticlassClassification.Evaluate(model.Transform(validation)).MicroAccuracy, 1e-6);
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("linear-elu")]
    public async Task Seed_SeveralTrainingsAtOnce_GiveTheSameBits(string mechanism)
    {
        Assert.True(AttentionMechanism.TryParse(mechanism, out var parsed));
        var options = Small with { Model = Small.Model with { Dropout = 0.4, Mechanism = parsed } };

        var weights = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            using var model = Fit(new MLContext(), options);
            return model.Model.Elements("head.weight");
        })));

        Assert.All(weights, other => Assert.Equal(weights[0], other));
    }

    [Fact]
    public void Fit_LossThatLeavesTheNumbers_SaysAtWhichStepAndWhatToDo()
    {
        var options = Small with { Training = Small.Training with { LearningRate = 1e30, WarmUp = 0 } };

        var error = Assert.Throws<InvalidOperationException>(() => Fit(new MLContext(), options));

        Assert.Matches("training loss is .* at step [2-9].*lower LearningRate", error.Message);
    }

    [Fact]
    public void Fit_MissingValue_NamesRowAndStep()
    {
        var rows = Waves.Rows(9, seed: 1);
        rows[4].Features[7] = float.NaN;

        var error = Assert.Throws<InvalidDataException>(() => Fit(new MLContext(), Small, train: Keyed(rows)));

        Assert.Contains("Row 4 of column 'Features' has a missing value at step 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_DeviceThatIsNotThere_IsRefusedAndNotReplaced()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "There is a CUDA device.");

        var error = Assert.Throws<InvalidOperationException>(() => Fit(new MLContext { GpuDeviceId = 0, FallbackToCpu = false }, Small));

        Assert.Contains("GpuDeviceId 0", error.Message, StringComparison.Ordinal);
    }

    private static AttentionPredictionTransformer Fit(MLContext ml, AttentionTrainerOptions options, IDataView? validation = null, IDataView? train = null) =>
        ml.MulticlassClassification.Trainers.Attention(options).Fit(train ?? Keyed(30, seed: 1), validation);

    private static IDataView Keyed(int count, int seed) => Keyed(Waves.Rows(count, seed));

    private static IDataView Keyed(Waves.Row[] rows)
    {
        var ml = new MLContext();
        var view = ml.Data.LoadFromEnumerable(rows);
        return ml.Transforms.Conversion.MapValueToKey("Label").Fit(view).Transform(view);
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
