using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Export;

/// <summary>Certificates: what they say, and what they refuse.</summary>
public sealed class OnnxParityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.onnx");

    private string Certificate => _folder.File("model.parity.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("linear-elu")]
    [InlineData("rectified")]
    public void Verify_OneAttention_GivesWhatTheExportGave(string name)
    {
        var mechanism = LawSubjects.Get(name);
        var exported = mechanism.ExportOnnx(Model, ExportedAttention.Options with { Causal = true, Masked = true, WithWeights = true });

        var verified = OnnxParity.Verify(Model, mechanism);

        RequireSameComparisons(exported, verified);
        Assert.Equal(exported.Files, verified.Files);
        Assert.Equal(name, verified.Mechanism);
        Assert.Equal(42, verified.Seed);
        Assert.Matches(@"^\d+\.\d+\.\d+$", verified.OnnxRuntimeVersion);
        Assert.Equal(["attention", "weights"], verified.Cases.Select(compared => compared.Output).Distinct());
        Assert.All(verified.Cases, compared =>
        {
            Assert.InRange(compared.RmsError, 0, compared.Error);
            Assert.InRange(compared.ReferenceRmsError, 0, compared.ReferenceError);
            Assert.InRange(compared.ReferenceError, 0, verified.Tolerance);
        });
    }

    [Theory]
    [InlineData("multiclass")]
    [InlineData("binary")]
    [InlineData("regression")]
    [InlineData("regression of several")]
    public void Verify_TrainedModel_NeedsItsPipelineOrNothing(string prediction)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.LinearElu);
        var exported = model.ExportOnnx(Model, new() { Masked = true });

        RequireSameComparisons(exported, OnnxParity.Verify(Model, model));
        RequireSameComparisons(exported, OnnxParity.Verify(Model));
    }

    [Fact]
    public void Verify_OtherWeights_ThrowsWhatDiffers()
    {
        TrainedModels.Multiclass(new() { Model = Small, Training = new() { Epochs = 1 } }).ExportOnnx(Model);
        var other = TrainedModels.Multiclass(new() { Model = Small, Training = new() { Epochs = 2 } });

        var error = Assert.Throws<ParityException>(() => OnnxParity.Verify(Model, other));

        Assert.Equal("Score", error.Output);
    }

    [Fact]
    public void Verify_OtherArchitecture_SaysSo()
    {
        TrainedModels.Untrained(Small).ExportOnnx(Model);

        var error = Assert.Throws<ArgumentException>(() => OnnxParity.Verify(Model, TrainedModels.Untrained(Small with { LayerCount = 2 })));

        Assert.Contains("LayerCount = 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_OtherMechanism_NamesBoth()
    {
        AttentionMechanism.Softmax.ExportOnnx(Model, ExportedAttention.Options);

        var error = Assert.Throws<ArgumentException>(() => OnnxParity.Verify(Model, AttentionMechanism.LinearElu));

        Assert.Contains("'softmax', not 'linear-elu'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_FileChangedSince_IsRefused()
    {
        AttentionMechanism.Softmax.ExportOnnx(Model, ExportedAttention.Options);
        AttentionMechanism.Softmax.ExportOnnx(_folder.File("other.onnx"), ExportedAttention.Options with { Causal = true });
        File.Copy(_folder.File("other.onnx"), Model, overwrite: true);

        var error = Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Model));

        Assert.Contains("is not the file that was certified", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_CertificateOfAnotherFile_IsRefused()
    {
        AttentionMechanism.Softmax.ExportOnnx(Model, ExportedAttention.Options);
        AttentionMechanism.Softmax.ExportOnnx(_folder.File("other.onnx"), ExportedAttention.Options);
        File.Copy(_folder.File("other.parity.json"), Certificate, overwrite: true);

        var error = Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Model));

        Assert.Contains("certifies 'other.onnx'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_CertificateCutShortAnywhere_SaysThatItIsAPart()
    {
        AttentionMechanism.Softmax.ExportOnnx(Model, ExportedAttention.Options);
        var whole = File.ReadAllBytes(Certificate);

        for (var length = 0; length < whole.Length - 2; length += 7)
        {
            File.WriteAllBytes(Certificate, whole[..length]);
            Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Model));
        }
    }

    [Fact]
    public void Verify_NoCertificate_SaysWhichFileIsMissing()
    {
        AttentionMechanism.Softmax.ExportOnnx(Model, ExportedAttention.Options);
        File.Delete(Certificate);

        Assert.Contains("model.parity.json", Assert.Throws<FileNotFoundException>(() => OnnxParity.Verify(Model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOnnx_WeightsAboveTheLimit_GoBesideTheModelAndAreCertified()
    {
        var model = TrainedModels.Untrained(Small with { FeedForwardDimension = 512 });

        var parity = model.ExportOnnx(Model, new() { LargestInside = 1000 });

        Assert.Equal(2, parity.Files.Count);
        Assert.Matches(@"^model\.[0-9a-f]{16}\.data$", parity.Files[1].Name);
        RequireSameComparisons(parity, OnnxParity.Verify(Model, model));
        RequireSameComparisons(parity, OnnxParity.Verify(Model));
        Assert.Equal(3, _folder.Files.Count());

        var data = _folder.File(parity.Files[1].Name);
        var bytes = File.ReadAllBytes(data);
        bytes[^1] ^= 1;
        File.WriteAllBytes(data, bytes);
        Assert.Contains(parity.Files[1].Name, Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Model, model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOnnx_OverAModelWithWeightsBesideIt_LeavesNoneOfTheOld()
    {
        var wide = Small with { FeedForwardDimension = 512 };
        TrainedModels.Untrained(wide).ExportOnnx(Model, new() { LargestInside = 1000 });
        var old = _folder.Files.Single(path => path.EndsWith(".data", StringComparison.Ordinal));

        Assert.Throws<ParityException>(() => TrainedModels.Untrained(wide with { Mechanism = new TwoFacedAttention() }).ExportOnnx(
            Model, new() { LargestInside = 1000 }));
        Assert.True(File.Exists(old));
        OnnxParity.Verify(Model);

        TrainedModels.Untrained(Small).ExportOnnx(Model);
        Assert.Equal([Model, Certificate], _folder.Files.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("model.data")]
    [InlineData("model.train.data")]
    [InlineData("model.training-set-one.data")]
    [InlineData("model.0123456789abcdef.data.bak")]
    [InlineData("other.0123456789abcdef.data")]
    public void ExportOnnx_BesideSomebodysFile_LeavesIt(string name)
    {
        File.WriteAllText(_folder.File(name), "theirs");

        TrainedModels.Untrained(Small).ExportOnnx(Model);

        Assert.Equal("theirs", File.ReadAllText(_folder.File(name)));
    }

    // Torch rounds now and then otherwise, as its memory lies.
    private static void RequireSameComparisons(OnnxParity expected, OnnxParity actual)
    {
        Assert.Equal(expected.Cases.Select(Where), actual.Cases.Select(Where));
        Assert.Equal(expected.Tolerance, actual.Tolerance);
        Assert.InRange(actual.WorstError, 0, actual.Tolerance);

        static (string, int, int, int) Where(ParityCase compared) =>
            (compared.Output, compared.BatchSize, compared.Length, compared.KeyLength);
    }

    private static AttentionML.Models.AttentionModelOptions Small => new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 };
}
