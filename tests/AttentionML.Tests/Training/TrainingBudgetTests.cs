using AttentionML.Pipelines;
using AttentionML.Tests.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Tests.Training;

public class TrainingBudgetTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16 },
        Training = new() { Epochs = 1, Budget = new() { ProcessorTime = Budget, ReportCount = 4 }, KeepBest = false },
    };

    [Fact]
    public void Fit_WithABudget_TrainsUntilItIsSpentAndKeepsTheLastWeights()
    {
        var ml = new MLContext(seed: 1);
        var reports = new List<TrainingProgress>();
        var key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(ml, 60, seed: 1));
        var test = key.Transform(Waves.View(ml, 90, seed: 2));

        using var model = ml.MulticlassClassification.Trainers.Attention(Small with { Progress = new Reporter(reports) })
            .Fit(key.Transform(Waves.View(ml, 60, seed: 1)), test);

        Assert.InRange(reports.Count, 1, 4);
        Assert.InRange(reports[^1].Spent!.Value, Budget, TimeSpan.MaxValue);
        Assert.All(reports.SkipLast(1), report => Assert.InRange(report.Spent!.Value, TimeSpan.Zero, Budget));
        Assert.True(reports[^1].Epoch > Small.Training.Epochs);
        Assert.Equal(reports[^1].ValidationMetric!.Value, ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy, 1e-6);
    }

    [Fact]
    public void Fit_StoppedBeforeTheBudgetIsSpent_EndsInAModelThatScores()
    {
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        var reports = new List<TrainingProgress>();
        var options = Small with
        {
            Training = Small.Training with { Budget = new() { ProcessorTime = TimeSpan.FromHours(1), ReportCount = 36_000 } },
            Progress = new Reporter(reports, source.Cancel),
            CancellationToken = source.Token,
        };
        var key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(ml, 60, seed: 1));

        using var model = ml.MulticlassClassification.Trainers.Attention(options).Fit(key.Transform(Waves.View(ml, 60, seed: 1)));

        Assert.Single(reports);
        Assert.Equal(10, model.Transform(Waves.View(ml, 10, seed: 2)).Preview(10).RowView.Length);
    }

    [Theory]
    [InlineData(0, 10, null, "Budget.ProcessorTime is 00:00:00; it has to be greater than 0")]
    [InlineData(1, 0, null, "Budget.ReportCount is 0; it has to be greater than 0")]
    [InlineData(1, 10, 3, "Patience is 3; it has to be null with a Budget")]
    public void Validate_BudgetThatCannotBe_SaysWhatIsAllowed(int seconds, int reports, int? patience, string message)
    {
        var options = new TrainingOptions
        {
            Budget = new() { ProcessorTime = TimeSpan.FromSeconds(seconds), ReportCount = reports },
            Patience = patience,
        };

        Assert.Contains(message, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LearningRate_OverMilliseconds_IsThatOverSteps()
    {
        var schedule = new LearningRateSchedule(0.002, 0.1, 1000);

        Assert.Equal(0.001, schedule.At(50), 1e-12);
        Assert.Equal(0.002, schedule.At(100), 1e-12);
        Assert.Equal(0.001, schedule.At(550), 1e-12);
        Assert.Equal(0, schedule.At(1000), 1e-12);
        Assert.Equal(schedule.At(321), schedule[320]);
    }

    private sealed class Reporter(List<TrainingProgress> reports, Action? then = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            reports.Add(value);
            then?.Invoke();
        }
    }
}
