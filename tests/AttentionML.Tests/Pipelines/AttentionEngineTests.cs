using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Tests.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>Attention by itself, and encodings, computed by ONNX Runtime: what torch gives, saved, and never changed for another.</summary>
public class AttentionEngineTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly string[] Columns = ["one", "two", "three"];
    private static readonly bool[] Directions = [false, true];

    public static TheoryData<string, bool, string> MechanismsDirectionsAndColumns =>
        [.. from mechanism in LawSubjects.All
            from causal in Directions
            from columns in Columns
            select new TheoryDataRow<string, bool, string>(mechanism.Name, causal, columns)];

    // Of one length, of nearly one, and of others: graphs without a mask and with one.
    private static Sequences.Row[] Rows => Sequences.Random(6, 7, 1, 63, 7, 7, 64, 2, 63, 90, 5, 1);

    [Theory]
    [MemberData(nameof(MechanismsDirectionsAndColumns))]
    public void WithEngine_OnnxRuntime_GivesWhatTorchGives(string name, bool causal, string columns)
    {
        var options = new AttentionOptions
        {
            ModelDimension = 6,
            HeadCount = 3,
            ValueDimension = columns == "three" ? 4 : null,
            Mechanism = LawSubjects.Get(name),
            Causal = causal,
        };
        var rows = columns == "three" ? Wide(causal) : Rows;
        using var torch = Fit(rows, options, columns);
        using var onnx = torch.WithEngine(ScoringEngine.OnnxRuntime);

        var (expected, actual) = (torch.Transform(View(rows)), onnx.Transform(View(rows)));

        Assert.Equal((ScoringEngine.Torch, ScoringEngine.OnnxRuntime), (torch.Engine, onnx.Engine));
        Assert.Equal(expected.Schema["Output"].Type, actual.Schema["Output"].Type);
        RequireClose(Sequences.Read(expected), Sequences.Read(actual), options.Mechanism.Tolerance);
    }

    [Theory]
    [InlineData("softmax", true)]
    [InlineData("softmax", false)]
    [InlineData("linear-elu", true)]
    public void Transform_NaNInOneStep_ReachesTheStepsThatSeeIt(string name, bool causal)
    {
        var options = new AttentionOptions { ModelDimension = 6, Mechanism = LawSubjects.Get(name), Causal = causal };
        var rows = Sequences.Random(6, 7, 5, 8, 7);
        rows[2].Values.AsSpan(3 * 6, 6).Fill(float.NaN);
        using var torch = Fit(rows, options, "three");
        using var onnx = torch.WithEngine(ScoringEngine.OnnxRuntime);

        var outputs = Sequences.Read(onnx.Transform(View(rows)));

        RequireClose(Sequences.Read(torch.Transform(View(rows))), outputs, 1e-5);
        Assert.Equal(causal ? 3 * 6 : 0, Array.FindIndex(outputs[2], float.IsNaN));
        Assert.DoesNotContain(float.NaN, outputs[1].Concat(outputs[3]));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("three")]
    public void Save_OfTheEngine_LoadsIt(string columns)
    {
        using var folder = new TemporaryFolder();
        using var onnx = Fit(Rows, new() { ModelDimension = 6, HeadCount = 2 }, columns).WithEngine(ScoringEngine.OnnxRuntime);
        Ml.Model.Save(onnx, View(Rows).Schema, folder.File("model.zip"));

        using var loaded = Assert.IsType<AttentionTransformer>(new MLContext().Model.Load(folder.File("model.zip"), out _));

        Assert.Equal(ScoringEngine.OnnxRuntime, loaded.Engine);
        Assert.Equal(Sequences.Read(onnx.Transform(View(Rows))), Sequences.Read(loaded.Transform(View(Rows))));
        Assert.Equal(ScoringEngine.OnnxRuntime, loaded.WithMechanism(AttentionMechanism.LinearElu).Engine);
        Assert.Equal(ScoringEngine.Torch, loaded.WithEngine(ScoringEngine.Torch).Engine);
    }

    [Fact]
    public void Predict_RowByRow_GivesWhatTransformGives()
    {
        using var onnx = Fit(Rows, new() { ModelDimension = 6, HeadCount = 2 }, "one").WithEngine(ScoringEngine.OnnxRuntime);
        using var engine = Ml.Model.CreatePredictionEngine<Sequences.Row, Attended>(onnx);

        RequireClose(Sequences.Read(onnx.Transform(View(Rows))), [.. Rows.Select(row => engine.Predict(row).Output)], 1e-5);
    }

    [Fact]
    public void WithEngine_WhereTheGraphGivesOtherNumbers_Throws()
    {
        using var torch = Fit(Rows, new() { ModelDimension = 6, Mechanism = new TwoFacedAttention() }, "one");

        Assert.Throws<ParityException>(() => torch.WithEngine(ScoringEngine.OnnxRuntime));
    }

    [Fact]
    public void Transform_AfterDispose_IsRefused()
    {
        var onnx = Fit(Rows, new() { ModelDimension = 6 }, "one").WithEngine(ScoringEngine.OnnxRuntime);
        var view = onnx.Transform(View(Rows));
        onnx.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Sequences.Read(view));
    }

    [Theory]
    [InlineData("softmax", false)]
    [InlineData("linear-elu", true)]
    public void WithEngine_OfEncodings_GivesWhatTorchGivesAndIsSaved(string mechanism, bool causal)
    {
        using var folder = new TemporaryFolder();
        var rows = Ml.Data.LoadFromEnumerable(Waves.Rows(40, seed: 7));
        using var torch = Ml.Transforms.AttentionFeatures("Encoding", TrainedModels.Classifier(AttentionMechanism.Parse(mechanism), causal)).Fit(rows);
        using var onnx = torch.WithEngine(ScoringEngine.OnnxRuntime);

        Ml.Model.Save(onnx, rows.Schema, folder.File("model.zip"));
        using var loaded = Assert.IsType<AttentionFeaturesTransformer>(new MLContext().Model.Load(folder.File("model.zip"), out _));

        var expected = torch.Transform(rows);
        RequireClose(Sequences.Read(expected, "Encoding"), Sequences.Read(onnx.Transform(rows), "Encoding"), 2e-5);
        Assert.Equal(Sequences.Read(onnx.Transform(rows), "Encoding"), Sequences.Read(loaded.Transform(rows), "Encoding"));
        Assert.Equal(expected.Schema["Encoding"].Type, loaded.Transform(rows).Schema["Encoding"].Type);
        Assert.Equal((ScoringEngine.OnnxRuntime, ScoringEngine.OnnxRuntime), (onnx.Engine, loaded.Engine));
        Assert.Equal(ScoringEngine.OnnxRuntime, loaded.WithMechanism(AttentionMechanism.LinearRelu).Engine);
    }

    [Fact]
    public void WithEngine_OfAChain_ReachesEveryAttentionStage()
    {
        using var attention = Fit(Rows, new() { ModelDimension = 6 }, "one");
        var chain = new TransformerChain<ITransformer>(attention, Ml.Transforms.CopyColumns("Copy", "Output").Fit(attention.Transform(View(Rows))));

        var swapped = (IEnumerable<ITransformer>)chain.WithEngine(ScoringEngine.OnnxRuntime);

        Assert.Equal(ScoringEngine.OnnxRuntime, Assert.IsType<AttentionTransformer>(swapped.First()).Engine);
        RequireClose(Sequences.Read(chain.Transform(View(Rows)), "Copy"), Sequences.Read(((ITransformer)swapped).Transform(View(Rows)), "Copy"), 1e-5);
    }

    private static Sequences.Row[] Wide(bool causal)
    {
        var rows = Sequences.Random(6, 12, [7, 1, 63, 7, 7, 64, 2, 63, 9, 7, 9]);
        if (!causal)
        {
            // As many queries as there are keys in only some of the rows.
            foreach (var (i, row) in rows.Index())
            {
                row.Queries = rows[i % 2 == 0 ? i : rows.Length - 1 - i].Queries;
            }
        }

        return rows;
    }

    private static IDataView View(Sequences.Row[] rows) => Sequences.View(Ml, rows);

    private static AttentionTransformer Fit(Sequences.Row[] rows, AttentionOptions options, string columns) => (columns switch
    {
        "one" => Ml.Transforms.Attention("Output", "Queries", options),
        "two" => Ml.Transforms.Attention("Output", "Queries", "Keys", "Keys", options),
        _ => Ml.Transforms.Attention("Output", "Queries", "Keys", "Values", options),
    }).Fit(View(rows));

    private static void RequireClose(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), row => Sequences.AssertClose(row.First, row.Second, tolerance));
    }

    private sealed class Attended
    {
        public float[] Output { get; set; } = [];
    }
}
