using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>Trained models computed by ONNX Runtime: what torch gives, chosen once, saved, and never changed for another.</summary>
public class ScoringEngineTests
{
    // Scores of about 1: the mechanisms' tolerance for one block and the rest.
    private const double Tolerance = 2e-5;

    private static readonly MLContext Ml = new(seed: 1);

    public static MatrixTheoryData<string, string> PredictionsAndMechanisms => new(TrainedModels.Names, [.. AttentionMechanism.All.Select(mechanism => mechanism.Name)]);

    // Rows of one length, of nearly one and of others: graphs without a mask and with one.
    private static IDataView Rows => Ml.Data.LoadFromEnumerable(Waves.Rows(40, seed: 7));

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void WithEngine_OnnxRuntime_GivesWhatTorchGives(string prediction, string mechanism)
    {
        using var torch = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        using var onnx = torch.WithEngine(ScoringEngine.OnnxRuntime);

        var (expected, actual) = (torch.Transform(Rows), onnx.Transform(Rows));

        Assert.Equal((ScoringEngine.Torch, ScoringEngine.OnnxRuntime), (torch.Engine, onnx.Engine));
        Assert.Equal(expected.Schema.Select(column => (column.Name, column.Type)), actual.Schema.Select(column => (column.Name, column.Type)));
        foreach (var column in expected.Schema.Skip(Rows.Schema.Count))
        {
            RequireSame(expected, actual, column);
        }
    }

    [Fact]
    public void WithEngine_OnnxRuntimeOverTokens_GivesWhatTorchGives()
    {
        using var torch = TrainedModels.Untrained(new() { ModelDimension = 8, HeadCount = 2, FeedForwardDimension = 8, Embedding = InputEmbedding.Tokens, VocabularySize = 50 });
        using var onnx = torch.WithEngine(ScoringEngine.OnnxRuntime);
        var random = new Random(1);
        var rows = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(row => new Waves.Row
        {
            Features = [.. Enumerable.Range(0, 1 + row).Select(_ => (float)random.Next(1, 50))],
        }).ToArray());

        RequireSame(torch.Transform(rows), onnx.Transform(rows), torch.Transform(rows).Schema["Score"]);
    }

    [Fact]
    public void WithEngine_OfAChain_KeepsItsStagesAndIsSavedWithThem()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);
        var chain = new TransformerChain<ITransformer>(model, Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(model.Transform(Rows)));

        var onnx = chain.WithEngine(ScoringEngine.OnnxRuntime);
        Ml.Model.Save(onnx, Rows.Schema, folder.File("model.zip"));
        var loaded = new MLContext().Model.Load(folder.File("model.zip"), out _);

        Assert.Equal(ScoringEngine.OnnxRuntime, Assert.IsType<AttentionPredictionTransformer>(((IEnumerable<ITransformer>)loaded).First()).Engine);
        Assert.Equal(onnx.Transform(Rows).GetColumn<float[]>("Score"), loaded.Transform(Rows).GetColumn<float[]>("Score"));
        Assert.Equal(chain.Transform(Rows).GetColumn<string>("PredictedLabel"), loaded.Transform(Rows).GetColumn<string>("PredictedLabel"));
        Assert.IsType<AttentionPredictionTransformer>(((IEnumerable<ITransformer>)loaded.WithEngine(ScoringEngine.Torch)).First());
    }

    [Fact]
    public void Predict_RowByRow_GivesWhatTransformGives()
    {
        using var model = TrainedModels.Get("binary", AttentionMechanism.Softmax).WithEngine(ScoringEngine.OnnxRuntime);
        using var engine = Ml.Model.CreatePredictionEngine<Waves.Row, Decision>(model);

        var predicted = Waves.Rows(40, seed: 7).Select(engine.Predict).ToList();

        Assert.Equal(model.Transform(Rows).GetColumn<bool>("PredictedLabel"), predicted.Select(decision => decision.PredictedLabel));
        Assert.All(predicted, decision => Assert.Equal(decision.Score > 0, decision.PredictedLabel));
        Assert.All(predicted, decision => Assert.Equal(1 / (1 + Math.Exp(-decision.Score)), decision.Probability, 1e-6));
    }

    [Fact]
    public void WithMechanism_OfATransformerOverOnnxRuntime_StaysThere()
    {
        using var model = TrainedModels.Get("regression", AttentionMechanism.Softmax).WithEngine(ScoringEngine.OnnxRuntime);

        using var swapped = model.WithMechanism(AttentionMechanism.LinearRelu);

        Assert.Equal(ScoringEngine.OnnxRuntime, swapped.Engine);
    }

    [Fact]
    public void WithEngine_WhereTheGraphGivesOtherNumbers_Throws()
    {
        using var model = TrainedModels.Get("regression", new TwoFacedAttention());

        Assert.Throws<OnnxParityException>(() => model.WithEngine(ScoringEngine.OnnxRuntime));
    }

    [Fact]
    public void WithEngine_OfWhatItCannotCompute_SaysWhat()
    {
        using var model = TrainedModels.Get("regression", AttentionMechanism.Softmax);
        ITransformer bare = Ml.Transforms.CopyColumns("Copy", "Features").Fit(Rows);

        Assert.Contains("no attention stage", Assert.Throws<ArgumentException>(() => bare.WithEngine(ScoringEngine.OnnxRuntime)).Message, StringComparison.Ordinal);
        Assert.Contains("Torch, OnnxRuntime", Assert.Throws<ArgumentOutOfRangeException>(() => model.WithEngine((ScoringEngine)7)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transform_OnManyThreads_GivesTheSame()
    {
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).WithEngine(ScoringEngine.OnnxRuntime);
        var expected = model.Transform(Rows).GetColumn<float[]>("Score").ToList();

        var reads = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => model.Transform(Rows).GetColumn<float[]>("Score").ToList())));

        Assert.All(reads, read => Assert.Equal(expected, read));
    }

    private static void RequireSame(IDataView expected, IDataView actual, DataViewSchema.Column column)
    {
        switch (column.Type)
        {
            case KeyDataViewType:
                Assert.Equal(expected.GetColumn<uint>(column), actual.GetColumn<uint>(column.Name));
                break;
            case BooleanDataViewType:
                Assert.Equal(expected.GetColumn<bool>(column), actual.GetColumn<bool>(column.Name));
                break;
            case VectorDataViewType:
                RequireClose(expected.GetColumn<float[]>(column), actual.GetColumn<float[]>(column.Name));
                break;
            default:
                RequireClose(expected.GetColumn<float>(column).Select(value => new[] { value }), actual.GetColumn<float>(column.Name).Select(value => new[] { value }));
                break;
        }
    }

    private static void RequireClose(IEnumerable<float[]> expected, IEnumerable<float[]> actual)
    {
        var (one, other) = (expected.ToList(), actual.ToList());
        Assert.Equal(one.Count, other.Count);
        Assert.All(one.Zip(other), row => Assert.All(row.First.Zip(row.Second), pair =>
            Assert.InRange(Math.Abs(pair.First - pair.Second) / Math.Max(1, row.First.Max(Math.Abs)), 0, Tolerance)));
    }

    private sealed class Decision
    {
        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
