using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Tests.Mechanisms;

namespace AttentionML.Tests.Pipelines;

/// <summary>What the ONNX file of a model says of itself, and files that are none.</summary>
public sealed class ModelOnnxReadInfoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("multiclass", "multiclass", true, null)]
    [InlineData("binary", "binary", false, 30)]
    [InlineData("regression of several", "regression", true, 24)]
    public void ReadInfo_OfAnExport_GivesBackWhatWasExported(string name, string prediction, bool masked, int? fixedLength)
    {
        var model = TrainedModels.Get(name, AttentionMechanism.LinearRelu);
        model.ExportOnnx(Path, new() { Masked = masked, FixedLength = fixedLength });

        var info = ModelOnnx.ReadInfo(Path);

        Assert.Equal(model.Model.Options, info.Model);
        Assert.Equal((prediction, masked, fixedLength), (info.Prediction, info.Masked, info.FixedLength));
        Assert.Equal(name == "multiclass" ? Waves.Classes : null, info.Classes);
        Assert.Matches(@"^\d+\.\d+\.\d+", info.ProducerVersion);
    }

    [Fact]
    public void ReadInfo_MechanismOfYourOwn_NeedsTheInstance()
    {
        var own = LawSubjects.All.Single(mechanism => !AttentionMechanism.All.Contains(mechanism));
        TrainedModels.Get("binary", own).ExportOnnx(Path);

        var error = Assert.Throws<InvalidDataException>(() => ModelOnnx.ReadInfo(Path));

        Assert.Contains("pass the instance", error.Message, StringComparison.Ordinal);
        Assert.Same(own, ModelOnnx.ReadInfo(Path, own).Model.Mechanism);
    }

    [Fact]
    public void ReadInfo_FileCutShort_SaysThatItIsAPart()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(Path);
        var whole = File.ReadAllBytes(Path);
        var part = _folder.File("part.onnx");

        for (var length = 0; length < whole.Length; length += 37)
        {
            File.WriteAllBytes(part, whole[..length]);
            var error = Assert.Throws<InvalidDataException>(() => ModelOnnx.ReadInfo(part));
            Assert.Contains("only a part of", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadInfo_AnyByteOfTheEndChanged_ReadsOrSaysWhatIsWrong()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(Path);
        var bytes = File.ReadAllBytes(Path);
        var random = new Random(42);

        for (var i = 0; i < 1500; i++)
        {
            var copy = bytes.ToArray();
            copy[^random.Next(1, 1200)] = (byte)random.Next(256);
            File.WriteAllBytes(Path, copy);
            var error = Record.Exception(() => ModelOnnx.ReadInfo(Path));
            Assert.True(error is null or InvalidDataException, error?.ToString());
        }
    }

    [Fact]
    public void ReadInfo_OfOneAttentionOrTheOtherWayRound_SaysThatItIsNone()
    {
        var attention = _folder.File("attention.onnx");
        AttentionMechanism.Softmax.ExportOnnx(attention, new() { HeadCount = 2, HeadDimension = 4 });
        TrainedModels.Untrained(new() { ModelDimension = 8, HeadCount = 2, FeedForwardDimension = 8, Embedding = InputEmbedding.Projection }).ExportOnnx(Path);

        var notModel = Assert.Throws<InvalidDataException>(() => ModelOnnx.ReadInfo(attention));
        var notAttention = Assert.Throws<InvalidDataException>(() => AttentionOnnx.ReadInfo(Path));

        Assert.Contains("is not a trained model that AttentionML exported", notModel.Message, StringComparison.Ordinal);
        Assert.Contains("is not one attention that AttentionML exported", notAttention.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadInfo_AnotherKindOfFile_SaysThatItIsNoModel()
    {
        File.WriteAllText(Path, "PK and then a zip");

        var error = Assert.Throws<InvalidDataException>(() => ModelOnnx.ReadInfo(Path));

        Assert.Contains("is not an ONNX model", error.Message, StringComparison.Ordinal);
    }
}
