using AttentionML.Models;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>What ML.NET's users do with trainers: evaluators, cross-validation, feature importance, class values, warm starts.</summary>
public class MLNetPipelineTests
{
    private const int Steps = 6;
    private const int ToldBy = 2;   // the one step that the labels follow from

    private static readonly MLContext Ml = new(seed: 1);

    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new()
        {
            ModelDimension = 16,
            HeadCount = 2,
            LayerCount = 1,
            FeedForwardDimension = 32,
            Dropout = 0,
            Embedding = InputEmbedding.Projection,
            Positions = PositionEncoding.Learned,
            MaximumLength = Steps,
        },
        Training = new() { Epochs = 30, BatchSize = 16, LearningRate = 5e-3 },
    };

    private static readonly Lazy<AttentionPredictionTransformer> Binary = new(() => Ml.BinaryClassification.Trainers.Attention(Small).Fit(Rows(300, 1)));
    private static readonly Lazy<AttentionPredictionTransformer> Number = new(() => Ml.Regression.Trainers.Attention(Small with { LabelColumnName = "Number" }).Fit(Rows(300, 1)));
    private static readonly Lazy<TransformerChain<AttentionPredictionTransformer>> Classes = new(() => Multiclass(Small).Fit(Rows(300, 1)));

    [Fact]
    public void BinaryEvaluator_OnScores_GivesEveryMetric()
    {
        var metrics = Ml.BinaryClassification.Evaluate(Binary.Value.Transform(Rows(200, 2)));

        Assert.InRange(metrics.Accuracy, 0.9, 1);
        Assert.InRange(metrics.AreaUnderRocCurve, 0.95, 1);
        Assert.InRange(metrics.LogLoss, 0, 0.4);
        Assert.Equal(200, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
    }

    [Fact]
    public void MulticlassEvaluator_OnScores_NamesTheClasses()
    {
        var scored = Classes.Value.Transform(Rows(200, 2));
        var metrics = Ml.MulticlassClassification.Evaluate(scored, labelColumnName: "Class", topKPredictionCount: 2);

        Assert.InRange(metrics.MicroAccuracy, 0.85, 1);
        Assert.InRange(metrics.TopKAccuracy, metrics.MicroAccuracy, 1);
        Assert.Equal(3, metrics.PerClassLogLoss.Count);
        Assert.InRange(metrics.LogLoss, 0, 0.6);
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["10", "20", "30"], names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void RegressionEvaluator_OnScores_ExplainsTheVariance() =>
        Assert.InRange(Ml.Regression.Evaluate(Number.Value.Transform(Rows(200, 2)), labelColumnName: "Number").RSquared, 0.8, 1);

    [Fact]
    public void CrossValidate_BinaryAndRegression_JudgesEveryFold()
    {
        var quick = Small with { Training = Small.Training with { Epochs = 15 } };

        var binary = Ml.BinaryClassification.CrossValidate(Rows(200, 1), Ml.BinaryClassification.Trainers.Attention(quick), numberOfFolds: 2);
        var regression = Ml.Regression.CrossValidate(
            Rows(200, 1), Ml.Regression.Trainers.Attention(quick with { LabelColumnName = "Number" }), numberOfFolds: 2, labelColumnName: "Number");

        Assert.All(binary, fold => Assert.InRange(fold.Metrics.AreaUnderRocCurve, 0.8, 1));
        Assert.All(regression, fold => Assert.InRange(fold.Metrics.RSquared, 0.5, 1));
    }

    [Fact]
    public void PermutationImportance_EveryKind_FindsTheStepThatTells()
    {
        var rows = Rows(200, 2);
        var stage = Classes.Value.LastTransformer;
        var keyed = Classes.Value.First().Transform(rows);

        var binary = Ml.BinaryClassification.PermutationFeatureImportance(Binary.Value, Binary.Value.Transform(rows))
            .Select(slot => -slot.AreaUnderRocCurve.Mean).ToArray();
        var multiclass = Ml.MulticlassClassification.PermutationFeatureImportance(stage, stage.Transform(keyed), labelColumnName: "Class")
            .Select(slot => -slot.MicroAccuracy.Mean).ToArray();
        var regression = Ml.Regression.PermutationFeatureImportance(Number.Value, Number.Value.Transform(rows), labelColumnName: "Number")
            .Select(slot => -slot.RSquared.Mean).ToArray();

        Assert.All([binary, multiclass, regression], drops =>
        {
            Assert.Equal(Steps, drops.Length);
            Assert.Equal(ToldBy, Array.IndexOf(drops, drops.Max()));
            Assert.True(drops[ToldBy] > 0.2, $"{drops[ToldBy]}");
            Assert.All(drops.Where((_, step) => step != ToldBy), drop => Assert.InRange(drop, -0.1, 0.1));
        });
    }

    [Fact]
    public void MapKeyToValue_WholeNumbers_GivesThemBackAlsoAfterLoading()
    {
        var pipeline = Multiclass(Small with { Training = Small.Training with { Epochs = 20 } })
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(Rows(200, 1));
        using var file = new MemoryStream();
        Ml.Model.Save(model, Rows(1, 1).Schema, file);
        var loaded = new MLContext().Model.Load(file, out _);
        using var engine = Ml.Model.CreatePredictionEngine<Row, Predicted>(loaded);
        var rows = MakeRows(60, 2);

        var labels = model.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<int>("PredictedLabel").ToArray();

        Assert.InRange(labels.Zip(rows).Count(pair => pair.First == pair.Second.Class), 50, 60);
        Assert.Equal(labels, loaded.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<int>("PredictedLabel"));
        Assert.Equal(labels, rows.Select(row => engine.Predict(row).PredictedLabel));
    }

    [Theory]
    [InlineData(ScoringEngine.Torch)]
    [InlineData(ScoringEngine.OnnxRuntime)]
    [InlineData(ScoringEngine.Managed)]
    public void PredictedLabel_OfARowWithAMissingValue_IsTheMissingKeyAsMLNetHasIt(ScoringEngine engine)
    {
        var rows = MakeRows(3, 2);
        rows[1].Features[ToldBy] = float.NaN;
        var view = Ml.Data.LoadFromEnumerable(rows);
        var sdca = Ml.Transforms.Conversion.MapValueToKey("Class").Append(Ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Class")).Fit(Rows(60, 1));
        using var engined = Classes.Value.LastTransformer.WithEngine(engine);

        var keys = engined.Transform(view).GetColumn<uint>("PredictedLabel").ToArray();
        using var one = Ml.Model.CreatePredictionEngine<Row, PredictedKey>(engined, new PredictionEngineOptions { OwnsTransformer = false });

        Assert.Equal([false, true, false], keys.Select(key => key == 0));
        Assert.Equal([false, true, false], sdca.Transform(view).GetColumn<uint>("PredictedLabel").Select(key => key == 0));
        Assert.Equal(keys, rows.Select(row => one.Predict(row).PredictedLabel));
    }

    [Theory]
    [InlineData(DataKind.Boolean, new[] { "False", "True" })]
    [InlineData(DataKind.Double, new[] { "10", "20", "30" })]
    [InlineData(DataKind.Int64, new[] { "10", "20", "30" })]
    [InlineData(DataKind.Single, new[] { "10", "20", "30" })]
    [InlineData(DataKind.String, new[] { "10", "20", "30" })]
    public void PredictedLabel_OfAnyKindOfKey_CarriesItsValues(DataKind kind, string[] values)
    {
        var source = kind == DataKind.Boolean ? "Label" : "Class";
        var label = Ml.Transforms.Conversion.ConvertType("Key", source, kind)
            .Append(Ml.Transforms.Conversion.MapValueToKey("Key", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue));
        var options = Small with { LabelColumnName = "Key", Training = Small.Training with { Epochs = 1 } };
        var rows = Rows(60, 1);

        var scored = label.Append(Ml.MulticlassClassification.Trainers.Attention(options))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Append(Ml.Transforms.Conversion.ConvertType("PredictedLabel", outputKind: DataKind.String))
            .Fit(rows).Transform(rows);

        Assert.Subset(values.ToHashSet(), scored.GetColumn<string>("PredictedLabel").ToHashSet());
    }

    [Fact]
    public void Fit_WarmStart_GoesOnFromTheWeights()
    {
        var brief = Small with { Training = Small.Training with { Epochs = 1, LearningRate = 1e-5, WarmUp = 0 } };
        var rows = Rows(200, 2);

        using var cold = Ml.BinaryClassification.Trainers.Attention(brief).Fit(Rows(100, 3));
        using var warm = Ml.BinaryClassification.Trainers.Attention(brief).Fit(Rows(100, 3), warmStart: Binary.Value);

        double Loss(ITransformer model) => Ml.BinaryClassification.Evaluate(model.Transform(rows)).LogLoss;
        Assert.InRange(Loss(warm), 0, Loss(Binary.Value) + 0.02);
        Assert.True(Loss(cold) > 2 * Loss(warm), $"{Loss(cold)}, {Loss(warm)}");
    }

    [Fact]
    public void SaveWeights_ThenLoadWeights_GivesTheSameScores()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("attentionml-").FullName, "folder", "model.safetensors");
        using var other = Ml.BinaryClassification.Trainers.Attention(Small with { Training = Small.Training with { Epochs = 1 } }).Fit(Rows(50, 3));
        var rows = Rows(20, 2);
        Assert.NotEqual(Binary.Value.Transform(rows).GetColumn<float>("Score"), other.Transform(rows).GetColumn<float>("Score"));

        Binary.Value.Model.SaveWeights(path);
        other.Model.LoadWeights(path);

        Assert.Equal(Binary.Value.Transform(rows).GetColumn<float>("Score"), other.Transform(rows).GetColumn<float>("Score"));
        File.AppendAllText(path, " ");
        Assert.Contains("1 more bytes follow", Assert.Throws<InvalidDataException>(() => other.Model.LoadWeights(path)).Message, StringComparison.Ordinal);
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(1L << 30);
        }

        Assert.Contains("at most", Assert.Throws<InvalidDataException>(() => other.Model.LoadWeights(path)).Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(path))!, recursive: true);
    }

    private static EstimatorChain<AttentionPredictionTransformer> Multiclass(AttentionTrainerOptions options) =>
        Ml.Transforms.Conversion.MapValueToKey("Class", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(Ml.MulticlassClassification.Trainers.Attention(options with { LabelColumnName = "Class" }));

    private static IDataView Rows(int count, int seed) => Ml.Data.LoadFromEnumerable(MakeRows(count, seed));

    private static Row[] MakeRows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, Steps).Select(_ => random.NextSingle() * 2 - 1)];
            var told = features[ToldBy];
            return new Row { Features = features, Label = told > 0, Class = told < -0.33f ? 10 : told < 0.33f ? 20 : 30, Number = 100 + 20 * told };
        })];
    }

    private sealed class Row
    {
        [VectorType(Steps)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        public int Class { get; set; }

        public float Number { get; set; }
    }

    private sealed class PredictedKey
    {
        [KeyType(3)]
        public uint PredictedLabel { get; set; }
    }

    private sealed class Predicted
    {
        public int PredictedLabel { get; set; }
    }
}
