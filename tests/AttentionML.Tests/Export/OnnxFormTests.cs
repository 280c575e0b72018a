using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Onnx.Protobuf;
using AttentionML.Pipelines;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Export;

/// <summary>Which form of an attention a file holds.</summary>
public sealed class OnnxFormTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static MatrixTheoryData<string, bool, bool> Everything =>
        new(LawSubjects.All.Select(mechanism => mechanism.Name), [false, true], [false, true]);

    public static MatrixTheoryData<string, bool, bool, OnnxProfile> Classifiers => new(
        AttentionMechanism.All.Select(mechanism => mechanism.Name), [false, true], [false, true], Enum.GetValues<OnnxProfile>());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Choose_LessTimeInTotal_WinsAndNamesWhereItLoses()
    {
        var form = OnnxForm.Choose([new(64, 1, 1.2), new(128, 2, 2.3), new(256, 10, 5)]);

        Assert.True(form.IsFused);
        Assert.Equal([64], form.SlowerThanPortable);
    }

    [Fact]
    public void Choose_MoreTimeInTotal_LosesAndIsNamedNowhere()
    {
        var form = OnnxForm.Choose([new(64, 1, 0.5), new(128, 2, 3)]);

        Assert.False(form.IsFused);
        Assert.Empty(form.SlowerThanPortable);
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Build_ForOnnxRuntime_HoldsTheOperatorThatTheMechanismHas(string name, bool causal, bool masked)
    {
        var options = ExportedAttention.Options with { Causal = causal, Masked = masked };
        var model = ModelProto.Parser.ParseFrom(AttentionOnnx.Build(LawSubjects.Get(name), options, takesContributed: true));

        string[] expected = (name, causal) switch
        {
            ("softmax", false) => ["MultiHeadAttention"],
            ("softmax", true) => ["GroupQueryAttention"],
            ("rectified", _) or (_, false) => [],
            _ => ["LinearAttention"],
        };
        Assert.Equal(expected, model.Graph.Node.Where(node => node.Domain == "com.microsoft").Select(node => node.OpType));
        Assert.Equal(expected.Length, model.OpsetImport.Count(set => set.Domain == "com.microsoft"));
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void ExportOnnx_ForOnnxRuntime_MeasuresEachLengthAndHoldsTheFasterForm(string name, bool causal, bool masked)
    {
        var options = ExportedAttention.Options with { Causal = causal, Masked = masked, Profile = OnnxProfile.OnnxRuntime, ExpectedLengths = new(8, 48) };

        var parity = LawSubjects.Get(name).ExportOnnx(_folder.File("attention.onnx"), options);

        var hasOperator = name == "softmax" || (causal && name.StartsWith("linear", StringComparison.Ordinal));
        Assert.Equal(hasOperator ? [8, 16, 32, 48] : [], parity.Form.Times.Select(time => time.Length));
        Assert.Equal(OnnxProfile.OnnxRuntime, parity.Profile);
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("attention.onnx")));
        Assert.Equal(parity.Form.IsFused, model.OpsetImport.Count > 1);
        Assert.Equal(options, AttentionOnnx.ReadInfo(_folder.File("attention.onnx"), LawSubjects.Get(name)).Options);
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void ExportOnnx_Classifier_IsTorchVerifiesAndSaysItsForm(string name, bool causal, bool masked, OnnxProfile profile)
    {
        var model = TrainedModels.Classifier(AttentionMechanism.Parse(name), causal);
        var path = _folder.File("model.onnx");

        var parity = model.ExportOnnx(path, new() { Masked = masked, Profile = profile, ExpectedLengths = new(24, 40) });

        Assert.InRange(parity.WorstError, 0, parity.Tolerance);
        Assert.InRange(parity.WorstReferenceError, 0, parity.Tolerance);
        var hasOperator = profile == OnnxProfile.OnnxRuntime && (causal || name == "softmax");
        Assert.Equal(hasOperator ? [24, 40] : [], parity.Form.Times.Select(time => time.Length));
        Assert.Equal(profile, ModelOnnx.ReadInfo(path).Options.Profile);
        OnnxParity.Verify(path, model);
    }

    [Fact]
    public void ExportOnnx_LearnedPositions_MeasuresLengthsThatTheModelTakes()
    {
        var model = TrainedModels.Untrained(new()
        {
            ModelDimension = 8,
            HeadCount = 2,
            FeedForwardDimension = 8,
            Positions = AttentionML.Models.PositionEncoding.Learned,
            MaximumLength = 30,
        });

        var parity = model.ExportOnnx(_folder.File("model.onnx"), new() { Profile = OnnxProfile.OnnxRuntime, ExpectedLengths = new(12, 400) });

        Assert.Equal([12, 24, 30], parity.Form.Times.Select(time => time.Length));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(64, 63)]
    public void ExportOnnx_LengthsThatAreNone_NamesTheOption(int shortest, int longest)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => LawSubjects.Get("softmax").ExportOnnx(
            _folder.File("attention.onnx"), ExportedAttention.Options with { ExpectedLengths = new(shortest, longest) }));

        Assert.Equal("ExpectedLengths", error.ParamName);
    }
}
