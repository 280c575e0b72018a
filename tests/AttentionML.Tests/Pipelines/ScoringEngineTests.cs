using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>Trained models computed by ONNX Runtime and by managed code: what torch gives, chosen once, saved, and never changed for another.</summary>
public class ScoringEngineTests
{
    // Scores of about 1: the mechanisms' tolerance for one block and the rest.
    private const double Tolerance = 2e-5;

    private static readonly MLContext Ml = new(seed: 1);

    public static MatrixTheoryData<string, string, ScoringEngine> PredictionsMechanismsAndEngines =>
        new(TrainedModels.Names, [.. AttentionMechanism.All.Select(mechanism => mechanism.Name)], Others);

    public static TheoryData<ScoringEngine> Engines => [.. Others];

    private static ScoringEngine[] Others => [.. Enum.GetValues<ScoringEngine>().Except([ScoringEngine.Torch])];

    // Rows of one length, of nearly one and of others: graphs without a mask and with one.
    private static IDataView Rows => Ml.Data.LoadFromEnumerable(Waves.Rows(40, seed: 7));

    [Theory]
    [MemberData(nameof(PredictionsMechanismsAndEngines))]
    public void WithEngine_Another_GivesWhatTorchGives(string prediction, string mechanism, ScoringEngine engine)
    {
        using var torch = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        using var other = torch.WithEngine(engine);

        var (expected, actual) = (torch.Transform(Rows), other.Transform(Rows));

        Assert.Equal((ScoringEngine.Torch, engine), (torch.Engine, other.Engine));
        Assert.Equal(expected.Schema.Select(column => (column.Name, column.Type)), actual.Schema.Select(column => (column.Name, column.Type)));
        foreach (var column in expected.Schema.Skip(Rows.Schema.Count))
        {
            RequireSame(expected, actual, column);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void WithEngine_OverTokens_GivesWhatTorchGives(ScoringEngine engine)
    {
        using var torch = TrainedModels.Untrained(new() { ModelDimension = 8, HeadCount = 2, FeedForwardDimension = 8, Embedding = InputEmbedding.Tokens, VocabularySize = 50 });
        using var other = torch.WithEngine(engine);
        var random = new Random(1);
        var rows = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(row => new Waves.Row
        {
            Features = [.. Enumerable.Range(0, 1 + row).Select(_ => (float)random.Next(1, 50))],
        }).ToArray());

        RequireSame(torch.Transform(rows), other.Transform(rows), torch.Transform(rows).Schema["Score"]);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void WithEngine_OfAChain_KeepsItsStagesAndIsSavedWithThem(ScoringEngine engine)
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);
        var chain = new TransformerChain<ITransformer>(model, Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(model.Transform(Rows)));

        var other = chain.WithEngine(engine);
        Ml.Model.Save(other, Rows.Schema, folder.File("model.zip"));
        var loaded = new MLContext().Model.Load(folder.File("model.zip"), out _);

        Assert.Equal(engine, Assert.IsType<AttentionPredictionTransformer>(((IEnumerable<ITransformer>)loaded).First()).Engine);
        Assert.Equal(other.Transform(Rows).GetColumn<float[]>("Score"), loaded.Transform(Rows).GetColumn<float[]>("Score"));
        Assert.Equal(chain.Transform(Rows).GetColumn<string>("PredictedLabel"), loaded.Transform(Rows).GetColumn<string>("PredictedLabel"));
        Assert.IsType<AttentionPredictionTransformer>(((IEnumerable<ITransformer>)loaded.WithEngine(ScoringEngine.Torch)).First());
    }

    [Theory]
    [InlineData(ScoringEngine.Torch, true)]
    [InlineData(ScoringEngine.Managed, false)]
    public void Load_InAnotherProcess_LoadsLibtorchOnlyForTheEngineThatNeedsIt(ScoringEngine engine, bool needsTorch)
    {
        using var folder = new TemporaryFolder();

        var (expected, output, loaded) = ScoreElsewhere(engine, folder, PlainScorer.Path);

        Assert.Equal(expected, output);
        string[] torch = [.. loaded.Split('\n').Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase) || name.Contains("onnx", StringComparison.OrdinalIgnoreCase))];
        Assert.True(needsTorch ? torch.Length > 1 : torch.Length == 0, string.Join(", ", torch));
        Assert.Contains("AttentionML\n", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WhereNoNativeLibraryIsDeployed_ScoresByManagedCode()
    {
        using var folder = new TemporaryFolder();
        var program = Path.Combine(Directory.CreateDirectory(folder.File("deployed")).FullName, "PlainScorer.dll");
        var needed = File.ReadAllText(Path.ChangeExtension(PlainScorer.Path, ".deps.json"));
        string[] left = ["TorchSharp.dll", "Microsoft.ML.OnnxRuntime.dll", "SkiaSharp.dll"];
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Where(IsNeeded).Append(Path.ChangeExtension(PlainScorer.Path, ".runtimeconfig.json")))
        {
            File.Copy(file, Path.Combine(folder.File("deployed"), Path.GetFileName(file)));
        }

        var (expected, output, _) = ScoreElsewhere(ScoringEngine.Managed, folder, program);

        Assert.Equal(expected, output);
        Assert.Contains(Directory.EnumerateFiles(folder.File("deployed")), file => Path.GetFileName(file) == "Microsoft.ML.Data.dll");
        TestContext.Current.SendDiagnosticMessage(
            $"Deployed: {Directory.EnumerateFiles(folder.File("deployed")).Sum(file => new FileInfo(file).Length) / 1e6:0.0} MB.");

        bool IsNeeded(string file) => needed.Contains(Path.GetFileName(file), StringComparison.Ordinal) && !left.Contains(Path.GetFileName(file));
    }

    [Fact]
    public void Model_OfALoadedManagedPipeline_IsTheSameInTorch()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).WithEngine(ScoringEngine.Managed);
        Ml.Model.Save(model, Rows.Schema, folder.File("model.zip"));

        using var loaded = Assert.IsType<AttentionPredictionTransformer>(new MLContext().Model.Load(folder.File("model.zip"), out _));
        using var torch = loaded.WithEngine(ScoringEngine.Torch);

        Assert.Equal(model.Model.Declared.SelectMany(weight => model.Model.Elements(weight.Name)), loaded.Model.Declared.SelectMany(weight => loaded.Model.Elements(weight.Name)));
        RequireClose(loaded.Transform(Rows).GetColumn<float[]>("Score"), torch.Transform(Rows).GetColumn<float[]>("Score"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Predict_RowByRow_GivesWhatTransformGives(ScoringEngine engineOfScores)
    {
        using var model = TrainedModels.Get("binary", AttentionMechanism.Softmax).WithEngine(engineOfScores);
        using var engine = Ml.Model.CreatePredictionEngine<Waves.Row, Decision>(model);

        var predicted = Waves.Rows(40, seed: 7).Select(engine.Predict).ToList();

        Assert.Equal(model.Transform(Rows).GetColumn<bool>("PredictedLabel"), predicted.Select(decision => decision.PredictedLabel));
        Assert.All(predicted, decision => Assert.Equal(decision.Score > 0, decision.PredictedLabel));
        Assert.All(predicted, decision => Assert.Equal(1 / (1 + Math.Exp(-decision.Score)), decision.Probability, 1e-6));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void WithMechanism_OfATransformerOverAnother_StaysThere(ScoringEngine engine)
    {
        using var model = TrainedModels.Get("regression", AttentionMechanism.Softmax).WithEngine(engine);

        using var swapped = model.WithMechanism(AttentionMechanism.LinearRelu);

        Assert.Equal(engine, swapped.Engine);
    }

    [Fact]
    public void WithEngine_WhereTheGraphGivesOtherNumbers_Throws()
    {
        using var model = TrainedModels.Get("regression", new TwoFacedAttention());

        Assert.Throws<ParityException>(() => model.WithEngine(ScoringEngine.OnnxRuntime));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WithEngine_WhereManagedCodeGivesOtherNumbers_ThrowsAndLeavesWhatThereIs(bool onlyMasked)
    {
        using var model = TrainedModels.Get("multiclass", InManagedCode(onlyMasked));
        var expected = model.Transform(Rows).GetColumn<float[]>("Score").ToList();

        var error = Assert.Throws<ParityException>(() => model.WithEngine(ScoringEngine.Managed));
        Assert.Throws<ParityException>(() => new TransformerChain<ITransformer>(model).WithEngine(ScoringEngine.Managed));

        Assert.Contains("in managed code", error.Message, StringComparison.Ordinal);
        Assert.Equal(expected, model.Transform(Rows).GetColumn<float[]>("Score"));
        using var onnx = model.WithEngine(ScoringEngine.OnnxRuntime); // the mistake is not in a graph
        Assert.Equal(ScoringEngine.OnnxRuntime, onnx.Engine);
    }

    [Fact]
    public void WithMechanism_WhereManagedCodeGivesOtherNumbers_Throws()
    {
        using var managed = TrainedModels.Get("regression", AttentionMechanism.Softmax).WithEngine(ScoringEngine.Managed);

        Assert.Throws<ParityException>(() => managed.WithMechanism(InManagedCode(onlyMasked: false)));
        Assert.Throws<ParityException>(() => new TransformerChain<ITransformer>(managed).WithMechanism(InManagedCode(onlyMasked: false)));
    }

    [Fact]
    public void WithEngine_OfAFeatureColumnCalledAsAMask_GivesWhatTorchGives()
    {
        using var torch = TrainedModels.Untrained(new() { ModelDimension = 8, HeadCount = 2, FeedForwardDimension = 8 }, "mask");
        using var managed = torch.WithEngine(ScoringEngine.Managed);
        var rows = Ml.Transforms.CopyColumns("mask", "Features").Fit(Rows).Transform(Rows);

        RequireSame(torch.Transform(rows), managed.Transform(rows), torch.Transform(rows).Schema["Score"]);
    }

    [Fact]
    public void WithEngine_OfWhatItCannotCompute_SaysWhat()
    {
        using var model = TrainedModels.Get("regression", AttentionMechanism.Softmax);
        var attention = Ml.Transforms.Attention("Features", "Features", new AttentionOptions { ModelDimension = 1 }).Fit(Rows);
        ITransformer bare = Ml.Transforms.CopyColumns("Copy", "Features").Fit(Rows);

        Assert.Contains("no attention stage", Assert.Throws<ArgumentException>(() => bare.WithEngine(ScoringEngine.OnnxRuntime)).Message, StringComparison.Ordinal);
        Assert.Contains("Torch, OnnxRuntime, Managed", Assert.Throws<ArgumentOutOfRangeException>(() => model.WithEngine((ScoringEngine)7)).Message, StringComparison.Ordinal);
        Assert.Contains("computes trained predictions", Assert.Throws<NotSupportedException>(
            () => new TransformerChain<ITransformer>(attention, model).WithEngine(ScoringEngine.Managed)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Transform_OnManyThreads_GivesTheSame(ScoringEngine engine)
    {
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).WithEngine(engine);
        var expected = model.Transform(Rows).GetColumn<float[]>("Score").ToList();

        var reads = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => model.Transform(Rows).GetColumn<float[]>("Score").ToList())));

        Assert.All(reads, read => Assert.Equal(expected, read));
    }

    private static TwoFacedAttention InManagedCode(bool onlyMasked) => new(typeof(PlanTensor), onlyMasked);

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

    // The bits of each row's scores, here and in a process of plain ML.NET.
    private static (string[] Expected, string[] Output, string Loaded) ScoreElsewhere(ScoringEngine engine, TemporaryFolder folder, string program)
    {
        using var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).WithEngine(engine);
        Ml.Model.Save(model, Rows.Schema, folder.File("model.zip"));
        using (var stream = File.Create(folder.File("data.idv")))
        {
            Ml.Data.SaveAsBinary(Rows, stream);
        }

        var (output, loaded) = PlainScorer.RunAssembly(program, folder.File("model.zip"), folder.File("data.idv"), "Score");
        return (
            [.. model.Transform(Rows).GetColumn<float[]>("Score").Select(row => string.Join(' ', row.Select(BitConverter.SingleToInt32Bits)))],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries), loaded);
    }

}
