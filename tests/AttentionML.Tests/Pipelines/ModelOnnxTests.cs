using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Tests.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>Trained models as ONNX files: what they hold, and what is refused.</summary>
public sealed class ModelOnnxTests : IDisposable
{
    private static readonly AttentionModelOptions Small = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 };

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public static MatrixTheoryData<string, string, bool, bool> Everything => new(
        TrainedModels.Names, AttentionMechanism.All.Select(mechanism => mechanism.Name), [false, true], [false, true]);

    private string Path => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Everything))]
    public void ExportOnnx_AnyPredictionMechanismMaskAndLength_IsTorchWithinItsTolerance(string prediction, string mechanism, bool masked, bool isFixed)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));

        var parity = model.ExportOnnx(Path, new() { Masked = masked, FixedLength = isFixed ? 33 : null });

        Assert.Equal((isFixed ? 2 : 5) * (prediction == "binary" ? 2 : 1), parity.Cases.Count);
        Assert.InRange(parity.WorstError, 0, 2 * model.Model.Options.Mechanism.Tolerance);
    }

    [Theory]
    [InlineData("softmax", InputEmbedding.Convolution)]
    [InlineData("linear-relu", InputEmbedding.Patches)]
    public void ExportOnnx_WithWeights_ChecksThemForEachBlock(string mechanism, InputEmbedding embedding)
    {
        var model = TrainedModels.Untrained(Small with { Mechanism = AttentionMechanism.Parse(mechanism), LayerCount = 2, Embedding = embedding });

        var parity = model.ExportOnnx(Path, new() { Masked = true, WithWeights = true });

        Assert.Equal(["Score", "weights.0", "weights.1"], parity.Cases.Select(compared => compared.Output).Distinct());
        using var run = new OnnxRun(File.ReadAllBytes(Path));
        Assert.Equal(4, run.Outputs["weights.1"].Dimensions.Length);
        Assert.Equal(2, run.Outputs["weights.1"].Dimensions[1]);
    }

    [Fact]
    public void ExportOnnx_Multiclass_DeclaresNamesShapesAndTypesAndNamesItsClasses()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(Path, new() { Masked = true });

        using var run = new OnnxRun(File.ReadAllBytes(Path));
        Assert.Equal(["batch", "length", ""], run.Inputs["Features"].SymbolicDimensions);
        Assert.Equal(["batch", "length"], run.Inputs["mask"].SymbolicDimensions);
        Assert.Equal([-1, 3], run.Outputs["Score"].Dimensions);
        Assert.Equal([-1, 1], run.Outputs["PredictedLabel"].Dimensions);
        Assert.Equal(typeof(long), run.Outputs["PredictedLabel"].ElementType);
        Assert.Equal("AttentionML", run.Metadata.ProducerName);
        Assert.Equal("multiclass", run.Metadata.CustomMetadataMap["attentionml.prediction"]);
        Assert.Equal("""["sine","square","saw"]""", run.Metadata.CustomMetadataMap["attentionml.classes"]);
    }

    [Fact]
    public void ExportOnnx_BinaryOfFixedLength_DeclaresTheLengthAndAFlag()
    {
        TrainedModels.Get("binary", AttentionMechanism.LinearElu).ExportOnnx(Path, new() { FixedLength = 24 });

        using var run = new OnnxRun(File.ReadAllBytes(Path));
        Assert.Equal([-1, 24, 1], run.Inputs["Features"].Dimensions);
        Assert.Equal(["Score", "Probability", "PredictedLabel"], run.Outputs.Keys);
        Assert.All(run.Outputs.Values, output => Assert.Equal([-1, 1], output.Dimensions));
        Assert.Equal(typeof(bool), run.Outputs["PredictedLabel"].ElementType);
    }

    [Fact]
    public void ExportOnnx_Twice_WritesTheSameBytes()
    {
        var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);

        model.ExportOnnx(Path);
        model.ExportOnnx(_folder.File("a new folder/1/model.onnx"));

        Assert.Equal(File.ReadAllBytes(Path), File.ReadAllBytes(_folder.File("a new folder/1/model.onnx")));
    }

    [Fact]
    public void ExportOnnx_OfAChain_ListsEachStageThatIsNotInTheFile()
    {
        var chain = Chain();

        var error = Assert.Throws<NotSupportedException>(() => chain.ExportOnnx(Path));

        Assert.Contains(
            "these stages not: ValueToKeyMappingTransformer, NormalizingTransformer, KeyToValueMappingTransformer.", error.Message, StringComparison.Ordinal);
        Assert.Contains("IgnoreOtherStages", error.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void ExportOnnx_OfAChainAcknowledged_IsTheExportOfItsAttentionStage()
    {
        var chain = Chain();

        chain.ExportOnnx(Path, new() { IgnoreOtherStages = true });

        chain.OfType<AttentionPredictionTransformer>().Single().ExportOnnx(_folder.File("stage.onnx"));
        Assert.Equal(File.ReadAllBytes(_folder.File("stage.onnx")), File.ReadAllBytes(Path));
    }

    [Fact]
    public void ExportOnnx_PipelineWithoutATrainedStage_SaysWhatThereIs()
    {
        ITransformer key = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(_ml, 6, seed: 1));

        var error = Assert.Throws<ArgumentException>(() => key.ExportOnnx(Path, new() { IgnoreOtherStages = true }));

        Assert.Contains("(ValueToKeyMappingTransformer) has 0 trained attention stages", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOnnx_PipelineWithTwoTrainedStages_SaysHowMany()
    {
        var model = TrainedModels.Get("regression", AttentionMechanism.Softmax);
        var chain = new TransformerChain<ITransformer>(model, new TransformerChain<ITransformer>(model));

        var error = Assert.Throws<ArgumentException>(() => chain.ExportOnnx(Path));

        Assert.Contains("has 2 trained attention stages", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOnnx_FormulaThatDiffersBetweenInterpreters_ThrowsAndLeavesTheFileThatIsThere()
    {
        File.WriteAllText(Path, "the last good export");

        var error = Assert.Throws<ParityException>(() => TrainedModels.Untrained(Small with { Mechanism = new TwoFacedAttention() })
            .ExportOnnx(Path));

        Assert.Equal("Score", error.Output);
        Assert.Contains("'two-faced' gives", error.Message, StringComparison.Ordinal);
        Assert.Equal("the last good export", File.ReadAllText(Path));
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void ExportOnnx_LearnedPositions_ChecksNoLongerSequencesAndTakesNoLongerLength()
    {
        var model = TrainedModels.Untrained(Small with { Positions = PositionEncoding.Learned, MaximumLength = 10 });

        var parity = model.ExportOnnx(Path);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => model.ExportOnnx(Path, new() { FixedLength = 11 }));

        Assert.Equal([1, 7], parity.Cases.Select(compared => compared.Length));
        Assert.Contains("learned positions for 10 steps", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mask")]
    [InlineData("Score")]
    [InlineData("head.weight")]
    public void ExportOnnx_FeatureColumnCalledAsAnotherValue_NamesIt(string column)
    {
        var error = Assert.Throws<ArgumentException>(() => TrainedModels.Untrained(Small, column).ExportOnnx(Path, new() { Masked = true }));

        Assert.Contains($"'{column}'", error.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Files);
    }

    [Theory]
    [InlineData("Add_1")]
    [InlineData("two words, ünï")]
    public void ExportOnnx_FeatureColumnOfAnyOtherName_KeepsIt(string column)
    {
        TrainedModels.Untrained(Small, column).ExportOnnx(Path);

        using var run = new OnnxRun(File.ReadAllBytes(Path));
        Assert.Equal([column], run.Inputs.Keys);
    }

    [Theory]
    [InlineData(0, null, "FixedLength")]
    [InlineData(null, 0.0, "Tolerance")]
    [InlineData(null, double.NaN, "Tolerance")]
    public void ExportOnnx_OptionOutOfItsRange_NamesIt(int? fixedLength, double? tolerance, string option)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => TrainedModels.Untrained(Small).ExportOnnx(
            Path, new() { FixedLength = fixedLength, Tolerance = tolerance }));

        Assert.Equal(option, error.ParamName);
    }

    private TransformerChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> Chain()
    {
        var fixedRows = _ml.Data.LoadFromEnumerable(Waves.Rows(12, seed: 1).Select(row => new FixedRow { Features = row.Features[..24], Label = row.Label }));
        return _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Transforms.NormalizeMinMax("Features"))
            .Append(_ml.MulticlassClassification.Trainers.Attention(new() { Model = Small, Training = new() { Epochs = 1 } }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(fixedRows);
    }

    private sealed class FixedRow
    {
        [VectorType(24)]
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
