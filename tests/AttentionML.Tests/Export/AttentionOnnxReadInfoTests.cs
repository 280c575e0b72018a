using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Onnx;
using AttentionML.Tests.Mechanisms;
using Google.Protobuf;

namespace AttentionML.Tests.Export;

public sealed class AttentionOnnxReadInfoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Exported
    {
        get
        {
            var path = _folder.File("attention.onnx");
            LawSubjects.Get("softmax").ExportOnnx(path, ExportedAttention.Options);
            return path;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("softmax", false, false, false, 3)]
    [InlineData("linear-elu", true, false, false, 3)]
    [InlineData("linear-relu", false, true, true, 5)]
    public void ReadInfo_OfAnExport_GivesBackMechanismAndOptions(string name, bool causal, bool masked, bool self, int valueDimension)
    {
        var path = _folder.File("attention.onnx");
        var options = new AttentionOnnxOptions
        {
            HeadCount = 2,
            HeadDimension = 5,
            Causal = causal,
            Masked = masked,
            SelfAttention = self,
        };
        options = valueDimension == 5 ? options : options with { ValueDimension = valueDimension };
        var mechanism = AttentionMechanism.Parse(name);
        mechanism.ExportOnnx(path, options);

        var info = AttentionOnnx.ReadInfo(path);

        Assert.Same(mechanism, info.Mechanism);
        Assert.Equal(options, info.Options);
        Assert.Matches(@"^\d+\.\d+\.\d+", info.ProducerVersion);
    }

    [Fact]
    public void ReadInfo_MechanismOfYourOwn_GivesTheInstancePassed()
    {
        var path = _folder.File("attention.onnx");
        var own = LawSubjects.All.Single(mechanism => !AttentionMechanism.All.Contains(mechanism));
        own.ExportOnnx(path, ExportedAttention.Options);

        Assert.Same(own, AttentionOnnx.ReadInfo(path, own).Mechanism);
    }

    [Fact]
    public void ReadInfo_UnknownMechanism_NamesItAndSaysWhatToDo()
    {
        var path = _folder.File("attention.onnx");
        var own = LawSubjects.All.Single(mechanism => !AttentionMechanism.All.Contains(mechanism));
        own.ExportOnnx(path, ExportedAttention.Options);

        var thrown = Assert.Throws<InvalidDataException>(() => AttentionOnnx.ReadInfo(path, new TwoFacedAttention()));

        Assert.Contains($"'{own.Name}'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("linear-elu, linear-relu, linear-relu-positive, softmax", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("two-faced", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("pass the instance", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadInfo_FileCutShortAnywhere_SaysThatItIsAPart()
    {
        var whole = File.ReadAllBytes(Exported);
        var part = _folder.File("part.onnx");

        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(part, whole[..length]);
            var thrown = Assert.Throws<InvalidDataException>(() => AttentionOnnx.ReadInfo(part));
            Assert.Contains("only a part of", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadInfo_AnyByteChanged_ReadsOrSaysWhatIsWrong()
    {
        var bytes = File.ReadAllBytes(Exported);
        var random = new Random(42);
        var changed = _folder.File("changed.onnx");

        for (var i = 0; i < 1000; i++)
        {
            var copy = bytes.ToArray();
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(changed, copy);
            var thrown = Record.Exception(() => AttentionOnnx.ReadInfo(changed));
            Assert.True(thrown is null or InvalidDataException, thrown?.ToString());
        }
    }

    [Theory]
    [InlineData("PK and then a zip")]
    [InlineData("{ \"mechanism\": \"softmax\" }")]
    public void ReadInfo_AnotherKindOfFile_SaysThatItIsNoModel(string content)
    {
        var path = _folder.File("other");
        File.WriteAllText(path, content);

        var thrown = Assert.Throws<InvalidDataException>(() => AttentionOnnx.ReadInfo(path));

        Assert.Contains("is not an ONNX model", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadInfo_ModelOfSomeoneElse_SaysWhatItLacks()
    {
        var path = _folder.File("foreign.onnx");
        var graph = new OnnxGraph();
        graph.Output("y", "A copy.", graph.Input("x", "Anything.", "batch", 3));
        OnnxModel.Save(OnnxModel.From(graph, "foreign", "Not attention.", new Dictionary<string, string>()).ToByteArray(), path);

        var thrown = Assert.Throws<InvalidDataException>(() => AttentionOnnx.ReadInfo(path));

        Assert.Contains("is not one attention that AttentionML exported", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadInfo_NoFile_SaysSo() => Assert.Throws<FileNotFoundException>(() => AttentionOnnx.ReadInfo(_folder.File("none.onnx")));
}
