using System.Text.Json;
using AttentionML.Comparison;
using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using AttentionML.Tests.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Comparison;

public class PipelineComparisonTests
{
    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16 },
        Training = new() { Epochs = 2 },
    };

    private static readonly PipelineComparisonOptions Quick = new() { Measuring = new() { Budget = TimeSpan.Zero, MinimumRounds = 1, MaximumRounds = 1 } };

    [Fact]
    public void CompareAttention_BeforeAndAfterASwap_GivesTheAccuracyOfTheEvaluator()
    {
        var ml = new MLContext(seed: 1);
        var test = Waves.View(ml, 60, seed: 2);
        ITransformer model = Multiclass(ml).Fit(Waves.View(ml, 90, seed: 1));
        var linear = model.WithMechanism(AttentionMechanism.LinearElu);

        var report = ml.CompareAttention(test, Quick, model, linear);

        Assert.Equal(60, report.Rows);
        Assert.Equal(["softmax", "linear-elu"], report.Pipelines.Select(pipeline => pipeline.Name));
        Assert.Equal(
            [Accuracy(ml, model, test), Accuracy(ml, linear, test)], report.Pipelines.Select(pipeline => pipeline.Metric!.Value));
        Assert.All(report.Pipelines, pipeline => Assert.True(pipeline is { RowsPerSecond: > 0, Parameters: > 1000 }));
        Assert.Equal(1, report.Pipelines[0].Speedup);
        Assert.Equal(report.Pipelines[1].RowsPerSecond / report.Pipelines[0].RowsPerSecond, report.Pipelines[1].Speedup, 1e-9);
    }

    [Fact]
    public void CompareAttention_LongRows_ShowsTheScoresOfTextbookSoftmaxInMemory()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable([new Waves.Row { Features = new float[2048 * 4] }]);
        ITransformer Transform(AttentionMechanism mechanism) =>
            ml.Transforms.Attention("Score", "Features", new AttentionOptions { ModelDimension = 4, HeadCount = 2, Mechanism = mechanism }).Fit(rows);

        var report = ml.CompareAttention(rows, Quick, Transform(new TextbookSoftmax()), Transform(AttentionMechanism.LinearElu));

        const int scores = 2 * 2048 * 2048 * sizeof(float);
        Assert.InRange(report.Pipelines[0].PeakMemoryBytes!.Value, scores, 5L * scores);
        Assert.InRange(report.Pipelines[1].PeakMemoryBytes!.Value, 0, scores / 2);
        Assert.All(report.Pipelines, pipeline => Assert.Null(pipeline.Metric));
    }

    [Fact]
    public void CompareAttention_VectorsToForetell_GivesTheirMeanSquaredError()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(42);
        var rows = Enumerable.Range(0, 40).Select(_ => new VectorRow { Features = [.. Numbers(8)], Label = [.. Numbers(3)] }).ToArray();
        var view = ml.Data.LoadFromEnumerable(rows);
        var model = ml.Regression.Trainers.Attention(Small).Fit(view);

        var report = ml.CompareAttention(view, Quick with { Names = ["before", "again"] }, model, model);

        var scores = model.Transform(view).GetColumn<float[]>("Score");
        var expected = rows.Zip(scores).Average(pair => pair.First.Label.Zip(pair.Second).Average(one => Math.Pow(one.First - one.Second, 2)));
        Assert.All(report.Pipelines, pipeline => Assert.Equal(expected, pipeline.Metric!.Value, 1e-6));
        Assert.Equal(["before", "again"], report.Pipelines.Select(pipeline => pipeline.Name));
        IEnumerable<float> Numbers(int count) => Enumerable.Range(0, count).Select(_ => random.NextSingle());
    }

    [Fact]
    public void CompareAttention_EncodingsInFrontOfAnotherTrainer_NamesTheMechanismAndCountsTheParameters()
    {
        var ml = new MLContext(seed: 1);
        var rows = Waves.View(ml, 60, seed: 1);
        var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.AttentionFeatures("Encoding", ml.MulticlassClassification.Trainers.Attention(Small)))
            .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Encoding")).Fit(rows);

        var report = ml.CompareAttention(rows, Quick, model, model.WithMechanism(AttentionMechanism.LinearElu));

        var encoder = model.OfType<AttentionFeaturesTransformer>().Single();
        Assert.Equal(["softmax", "linear-elu"], report.Pipelines.Select(pipeline => pipeline.Name));
        Assert.All(report.Pipelines, pipeline => Assert.Equal(encoder.Model.ParameterCount, pipeline.Parameters));
    }

    [Fact]
    public void CompareAttention_NothingToCompare_SaysWhatIsMissing()
    {
        var ml = new MLContext(seed: 1);
        var test = Waves.View(ml, 6, seed: 2);
        ITransformer key = ml.Transforms.Conversion.MapValueToKey("Label").Fit(test);

        Assert.Contains("no pipeline", Assert.Throws<ArgumentException>(() => ml.CompareAttention(test)).Message, StringComparison.Ordinal);
        Assert.Contains("no column 'Score'", Assert.Throws<ArgumentException>(() => ml.CompareAttention(test, key)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "1 names for 2 pipelines",
            Assert.Throws<ArgumentException>(() => ml.CompareAttention(test, Quick with { Names = ["one"] }, key, key)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_AsText_IsAMarkdownTable()
    {
        var timing = new Timing(1, 1, 1, 1, 1, 3);
        var report = new PipelineReport(40, 1,
        [
            new("softmax", new("accuracy", 0.9875, "0.0 %"), 99.94, 1, 3 << 20, 76_641, timing),
            new("linear-elu", new("accuracy", 1, "0.0 %"), 1234.4, 12.352, null, 76_641, timing),
        ]);

        Assert.Equal("""
            | pipeline   | accuracy | rows/s |     × | memory, MiB | parameters |
            | ---------- | -------: | -----: | ----: | ----------: | ---------: |
            | softmax    |   98.8 % |   99.9 |  1.00 |         3.0 |      76641 |
            | linear-elu |  100.0 % |   1234 | 12.35 |           – |      76641 |

            """, report.ToString());
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal(12.352, json.RootElement.GetProperty("pipelines")[1].GetProperty("speedup").GetDouble());
    }

    private static EstimatorChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> Multiclass(MLContext ml) =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.Attention(Small))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private static double Accuracy(MLContext ml, ITransformer model, IDataView test) =>
        ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy;

    private sealed class VectorRow
    {
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Label { get; set; } = [];
    }

    private sealed class TextbookSoftmax : AttentionMechanism
    {
        public override string Name => "softmax-textbook";

        public override string Paper => "Softmax without its fused form.";

        public override int CostExponent => 2;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => Softmax.AttendByFormula(queries, keys, values, inputs);
    }
}
