using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>The trainers where ML.NET's users look for them, on waves that a small model tells apart in seconds.</summary>
public class AttentionTrainerTests
{
    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16, Mechanism = AttentionMechanism.LinearElu },
        Training = new() { Epochs = 12, BatchSize = 16, LearningRate = 5e-3 },
    };

    [Fact]
    public void Multiclass_OnWaves_LearnsThemAndNamesItsClasses()
    {
        var ml = new MLContext(seed: 1);
        var model = MulticlassPipeline(ml, Small).Fit(Waves.View(ml, 150, seed: 1));

        var scored = model.Transform(Waves.View(ml, 60, seed: 2));

        Assert.InRange(ml.MulticlassClassification.Evaluate(scored).MicroAccuracy, 0.9, 1);
        Assert.All(scored.GetColumn<string>("PredictedLabel"), label => Assert.Contains(label, Waves.Classes));
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(Waves.Classes, names.DenseValues().Select(name => name.ToString()));
        Assert.All(scored.GetColumn<float[]>("Score"), score => Assert.Equal(1, score.Sum(), 1e-5f));
    }

    [Fact]
    public void Multiclass_SameSeedTwice_GivesTheSameBits()
    {
        var ml = new MLContext(seed: 1);
        var (train, test) = (Waves.View(ml, 60, seed: 1), Waves.View(ml, 10, seed: 2));
        var options = Small with { Training = Small.Training with { Epochs = 2 } };

        var first = MulticlassPipeline(ml, options).Fit(train).Transform(test).GetColumn<float[]>("Score");
        var second = MulticlassPipeline(ml, options).Fit(train).Transform(test).GetColumn<float[]>("Score");

        Assert.Equal(first, second);
    }

    [Fact]
    public void Multiclass_SavedAndLoaded_ScoresTheSameBitsAndSavesAgain()
    {
        var ml = new MLContext(seed: 1);
        var (train, test) = (Waves.View(ml, 60, seed: 1), Waves.View(ml, 10, seed: 2));
        var model = MulticlassPipeline(ml, Small with { Training = Small.Training with { Epochs = 1 } }).Fit(train);
        using var file = new MemoryStream();
        ml.Model.Save(model, train.Schema, file);

        var loaded = new MLContext().Model.Load(file, out var schema);
        using var again = new MemoryStream();
        ml.Model.Save(loaded, schema, again);
        var reloaded = new MLContext().Model.Load(again, out _);

        var expected = model.Transform(test).GetColumn<float[]>("Score").ToArray();
        Assert.Equal(expected, loaded.Transform(test).GetColumn<float[]>("Score"));
        Assert.Equal(expected, reloaded.Transform(test).GetColumn<float[]>("Score"));
        Assert.Equal(model.Transform(test).GetColumn<string>("PredictedLabel"), loaded.Transform(test).GetColumn<string>("PredictedLabel"));
    }

    [Fact]
    public void Multiclass_OneRowAtATime_ScoresAsABatchDoes()
    {
        var ml = new MLContext(seed: 1);
        var model = MulticlassPipeline(ml, Small with { Training = Small.Training with { Epochs = 1 } }).Fit(Waves.View(ml, 60, seed: 1));
        using var engine = ml.Model.CreatePredictionEngine<Waves.Row, Prediction>(model);
        var rows = Waves.Rows(12, seed: 2);
        var batch = model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score");

        Assert.All(rows.Zip(batch), pair =>
        {
            var one = engine.Predict(pair.First);
            Assert.All(one.Score.Zip(pair.Second), scores => Assert.Equal(scores.Second, scores.First, 1e-5f));
            Assert.Contains(one.PredictedLabel, Waves.Classes);
        });
    }

    [Fact]
    public void Multiclass_CrossValidated_GivesAModelForEachFold()
    {
        var ml = new MLContext(seed: 1);
        var options = Small with { Training = Small.Training with { Epochs = 6 } };
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.Attention(options));

        var folds = ml.MulticlassClassification.CrossValidate(Waves.View(ml, 90, seed: 1), pipeline, numberOfFolds: 3);

        Assert.Equal(3, folds.Count);
        Assert.InRange(folds.Average(fold => fold.Metrics.MicroAccuracy), 0.6, 1);
    }

    [Fact]
    public void Binary_OnWaves_GivesScoreProbabilityAndLabelThatAgree()
    {
        var ml = new MLContext(seed: 1);
        IDataView View(int count, int seed) => ml.Data.LoadFromEnumerable(
            Waves.Rows(count, seed).Select(row => new BinaryRow { Features = row.Features, Label = row.Label == Waves.Classes[0] }));

        var scored = ml.BinaryClassification.Trainers.Attention(Small).Fit(View(150, 1)).Transform(View(60, 2));

        Assert.InRange(ml.BinaryClassification.Evaluate(scored).Accuracy, 0.9, 1);
        Assert.All(
            scored.GetColumn<float>("Score").Zip(scored.GetColumn<float>("Probability"), scored.GetColumn<bool>("PredictedLabel")),
            row =>
            {
                Assert.Equal(1 / (1 + MathF.Exp(-row.First)), row.Second, 1e-5f);
                Assert.Equal(row.Second > 0.5f, row.Third);
            });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Regression_StepsAhead_IsBetterThanTheMean(int stepsAhead)
    {
        var ml = new MLContext(seed: 1);
        var options = Small with { Training = Small.Training with { Epochs = 30 } };
        IDataView View(int count, int seed) => stepsAhead == 1
            ? ml.Data.LoadFromEnumerable(Sines(count, seed).Select(row => new NumberRow { Features = row.Past, Label = 100 + 10 * row.Future[0] }))
            : ml.Data.LoadFromEnumerable(Sines(count, seed).Select(row => new VectorRow { Features = row.Past, Label = [.. row.Future.Select(x => 100 + 10 * x)] }));
        var test = View(60, 2);

        var scored = ml.Regression.Trainers.Attention(options).Fit(View(200, 1)).Transform(test);

        var (labels, scores) = stepsAhead == 1
            ? (test.GetColumn<float>("Label").ToArray(), scored.GetColumn<float>("Score").ToArray())
            : ([.. test.GetColumn<float[]>("Label").SelectMany(x => x)], scored.GetColumn<float[]>("Score").SelectMany(x => x).ToArray());
        var error = labels.Zip(scores, (label, score) => (label - score) * (label - score)).Average();
        var variance = labels.Select(label => (label - labels.Average()) * (label - labels.Average())).Average();
        Assert.InRange(error / variance, 0, 0.3);
    }

    [Fact]
    public void Fit_ValidationRowsAndPatience_KeepsTheBestEpoch()
    {
        var ml = new MLContext(seed: 1);
        var epochs = new List<TrainingProgress>();
        var options = Small with
        {
            Training = Small.Training with { Epochs = 40, Patience = 2 },
            Progress = new Reporter(epochs.Add),
            ProgressInterval = Timeout.InfiniteTimeSpan,
        };
        var key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(ml, 60, seed: 1));
        var validation = key.Transform(Waves.View(ml, 60, seed: 2));

        var model = ml.MulticlassClassification.Trainers.Attention(options).Fit(key.Transform(Waves.View(ml, 60, seed: 1)), validation);

        Assert.InRange(epochs.Count, 3, 39);
        Assert.Equal(epochs.Max(epoch => epoch.ValidationMetric!.Value), ml.MulticlassClassification.Evaluate(model.Transform(validation)).MicroAccuracy, 1e-6);
    }

    [Fact]
    public void Fit_Cancelled_EndsInAModelThatScores()
    {
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        var options = Small with
        {
            Training = Small.Training with { Epochs = 1000 },
            Progress = new Reporter(progress => { if (progress.Epoch == 2) { source.Cancel(); } }),
            CancellationToken = source.Token,
        };

        var model = MulticlassPipeline(ml, options).Fit(Waves.View(ml, 60, seed: 1));

        Assert.Equal(10, model.Transform(Waves.View(ml, 10, seed: 2)).GetColumn<float[]>("Score").Count());
    }

    [Fact]
    public void WithMechanism_OnAChain_SwapsItAndKeepsTheWeightsAndWarmStartTrainsOn()
    {
        var ml = new MLContext(seed: 1);
        var (train, test) = (Waves.View(ml, 120, seed: 1), Waves.View(ml, 60, seed: 2));
        var model = MulticlassPipeline(ml, Small).Fit(train);

        var swapped = model.WithMechanism(AttentionMechanism.Softmax);
        var back = swapped.WithMechanism(AttentionMechanism.LinearElu);
        var stage = Assert.IsAssignableFrom<IEnumerable<ITransformer>>(swapped).OfType<AttentionPredictionTransformer>().Single();
        var softmax = Small with { Model = Small.Model with { Mechanism = AttentionMechanism.Softmax }, Training = Small.Training with { Epochs = 2 } };
        var key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(train);
        var trained = ml.MulticlassClassification.Trainers.Attention(softmax).Fit(key.Transform(train), null, warmStart: stage);

        Assert.Same(AttentionMechanism.Softmax, stage.Model.Options.Mechanism);
        Assert.Equal(model.Transform(test).GetColumn<float[]>("Score"), back.Transform(test).GetColumn<float[]>("Score"));
        Assert.NotEqual(model.Transform(test).GetColumn<float[]>("Score"), swapped.Transform(test).GetColumn<float[]>("Score"));
        Assert.InRange(ml.MulticlassClassification.Evaluate(trained.Transform(key.Transform(test))).MicroAccuracy, 0.9, 1);
    }

    [Fact]
    public void WithMechanism_NoAttentionInThePipeline_SaysWhatThereIs()
    {
        var ml = new MLContext(seed: 1);
        ITransformer key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(ml, 6, seed: 1));

        var error = Assert.Throws<ArgumentException>(() => key.WithMechanism(AttentionMechanism.Softmax));

        Assert.Contains("ValueToKeyMappingTransformer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_LabelThatIsNoKey_SaysWhatIsAllowed()
    {
        var ml = new MLContext(seed: 1);

        var error = Assert.Throws<ArgumentException>(() => ml.MulticlassClassification.Trainers.Attention(Small).Fit(Waves.View(ml, 6, seed: 1)));

        Assert.Contains("MapValueToKey", error.Message, StringComparison.Ordinal);
    }

    private static EstimatorChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> MulticlassPipeline(MLContext ml, AttentionTrainerOptions options) =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.Attention(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private static IEnumerable<(float[] Past, float[] Future)> Sines(int count, int seed)
    {
        var random = new Random(seed);
        for (var row = 0; row < count; row++)
        {
            var (phase, speed) = (random.NextDouble() * 2 * Math.PI, 0.3);
            float At(int step) => (float)Math.Sin(phase + speed * step);
            yield return ([.. Enumerable.Range(0, 20).Select(At)], [.. Enumerable.Range(20, 3).Select(At)]);
        }
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];

        public string PredictedLabel { get; set; } = "";
    }

    private sealed class BinaryRow
    {
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class NumberRow
    {
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class VectorRow
    {
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Label { get; set; } = [];
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
