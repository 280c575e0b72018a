using AttentionML.Export;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Onnx;
using static TorchSharp.torch;

namespace AttentionML.Tests.Export;

public class AttentionOnnxTests
{
    public static TheoryData<string> Names => LawSubjects.Names;

    public static TheoryData<string, bool> NamesAndDirections => LawSubjects.NamesAndDirections;

    public static MatrixTheoryData<string, OnnxProfile> NamesAndProfiles =>
        new(LawSubjects.All.Select(mechanism => mechanism.Name), Enum.GetValues<OnnxProfile>());

    public static MatrixTheoryData<string, bool, OnnxProfile> NamesDirectionsAndProfiles =>
        new(LawSubjects.All.Select(mechanism => mechanism.Name), [false, true], Enum.GetValues<OnnxProfile>());

    public static MatrixTheoryData<string, OnnxProfile, bool, int, string> Shapes => new(
        LawSubjects.All.Select(mechanism => mechanism.Name),
        Enum.GetValues<OnnxProfile>(),
        [false, true],
        [1, 7, 63, 64, 65, 300],
        AttentionCase.Masks.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ExportOnnx_AnyShapeAndMask_GivesWhatTorchAndTheLoopOracleGive(
        string name, OnnxProfile profile, bool causal, int length, string mask)
    {
        var mechanism = LawSubjects.Get(name);
        var exported = ExportedAttention.Of(name, ExportedAttention.Options with { Profile = profile, Causal = causal, Masked = mask != "none" });
        using var inDouble = new AttentionCase(3, length, ScalarType.Float64, causal, mask);
        using var inSingle = new AttentionCase(3, length, ScalarType.Float32, causal, mask);

        var actual = exported.Attend(inSingle);

        Assert.InRange(AttentionCase.Error(actual, inSingle.Attend(mechanism)), 0, mechanism.Tolerance);
        Assert.InRange(AttentionCase.Error(actual, inDouble.Oracle(mechanism)), 0, mechanism.Tolerance);
    }

    [Theory]
    [MemberData(nameof(NamesAndProfiles))]
    public void ExportOnnx_KeysLongerThanQueries_GivesWhatTheLoopOracleGives(string name, OnnxProfile profile)
    {
        var mechanism = LawSubjects.Get(name);
        var exported = ExportedAttention.Of(name, ExportedAttention.Options with { Profile = profile, Masked = true });
        using var sample = new AttentionCase(2, 7, ScalarType.Float64, causal: false, "right", keyLength: 130);

        Assert.InRange(AttentionCase.Error(exported.Attend(sample), sample.Oracle(mechanism)), 0, mechanism.Tolerance);
    }

    [Theory]
    [MemberData(nameof(NamesDirectionsAndProfiles))]
    public void ExportOnnx_SelfAttention_TakesOneInputForAllThree(string name, bool causal, OnnxProfile profile)
    {
        var mechanism = LawSubjects.Get(name);
        var options = ExportedAttention.Options with
        {
            Profile = profile,
            Causal = causal,
            Masked = true,
            SelfAttention = true,
            ValueDimension = AttentionCase.HeadDimension,
        };
        using var sample = new AttentionCase(2, 65, ScalarType.Float32, causal, "holes");
        sample.Keys = sample.Values = sample.Queries;

        var actual = ExportedAttention.Of(name, options).Attend(sample);

        Assert.InRange(AttentionCase.Error(actual, sample.Attend(mechanism)), 0, mechanism.Tolerance);
    }

    [Theory]
    [MemberData(nameof(NamesAndProfiles))]
    public void ExportOnnx_CausalAndNaNInOneStep_LeavesEarlierStepsAndOtherSequencesAlone(string name, OnnxProfile profile)
    {
        var exported = ExportedAttention.Of(name, ExportedAttention.Options with { Profile = profile, Causal = true });
        using var sample = new AttentionCase(2, 150, ScalarType.Float32, causal: true);
        var expected = exported.Attend(sample);

        foreach (var step in new[] { 0, 1, 63, 64, 100, 149 })
        {
            foreach (var part in new[] { "queries", "keys", "values" })
            {
                using var spoilt = new AttentionCase(2, 150, ScalarType.Float32, causal: true);
                var tensor = part == "queries" ? spoilt.Queries : part == "keys" ? spoilt.Keys : spoilt.Values;
                tensor[0, .., step] = float.NaN;

                var actual = exported.Attend(spoilt);

                Assert.Equal(0, AttentionCase.Error(actual[1], expected[1]));
                if (step > 0)
                {
                    Assert.Equal(0, AttentionCase.Error(actual[0, .., ..step], expected[0, .., ..step]));
                }

                if (step < 149 && part == "queries")
                {
                    Assert.Equal(0, AttentionCase.Error(actual[0, .., (step + 1)..], expected[0, .., (step + 1)..]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(NamesDirectionsAndProfiles))]
    public void ExportOnnx_NaNInHiddenSteps_ChangesNothing(string name, bool causal, OnnxProfile profile)
    {
        var exported = ExportedAttention.Of(name, ExportedAttention.Options with { Profile = profile, Causal = causal, Masked = true });
        using var sample = new AttentionCase(3, 65, ScalarType.Float32, causal, "right");
        var expected = exported.Attend(sample);

        var hidden = sample.Visible!.eq(0).reshape(3, 1, 65, 1);
        sample.Keys = sample.Keys.masked_fill(hidden, float.NaN);
        sample.Values = sample.Values.masked_fill(hidden, float.NaN);

        Assert.Equal(0, AttentionCase.Error(exported.Attend(sample), expected));
    }

    [Theory]
    [MemberData(nameof(NamesDirectionsAndProfiles))]
    public void ExportOnnx_WithWeights_GivesThemAsSecondOutput(string name, bool causal, OnnxProfile profile)
    {
        var options = ExportedAttention.Options with { Causal = causal, Masked = true, WithWeights = true };
        using var run = new OnnxRun(AttentionOnnx.Build(LawSubjects.Get(name), options, takesContributed: profile == OnnxProfile.OnnxRuntime));
        using var sample = new AttentionCase(3, 70, ScalarType.Float32, causal, "holes");

        var outputs = new ExportedAttention(run, options).Outputs(sample);

        Assert.Equal(["batch", "", "length", causal ? "length" : "key_length"], run.Outputs["weights"].SymbolicDimensions);
        Assert.InRange(AttentionCase.Error(outputs[1], sample.Weights(LawSubjects.Get(name))), 0, 1e-5);
        Assert.InRange(AttentionCase.Error(outputs[1].matmul(sample.Values), sample.Attend(LawSubjects.Get(name))), 0, 1e-5);
    }

    [Fact]
    public void ExportOnnx_FormulaThatDiffersBetweenInterpreters_ThrowsAndWritesNothing()
    {
        using var folder = new TemporaryFolder();

        var thrown = Assert.Throws<ParityException>(
            () => new TwoFacedAttention().ExportOnnx(folder.File("attention.onnx"), ExportedAttention.Options));

        Assert.Equal("two-faced", thrown.Mechanism.Name);
        Assert.True(thrown.Compared.Error > 1e-5);
        Assert.Contains("'two-faced' gives", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void ExportOnnx_FormulaThatDiffersBetweenInterpreters_LeavesTheFileThatIsThere()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("attention.onnx");
        File.WriteAllText(path, "the last good export");

        Assert.Throws<ParityException>(() => new TwoFacedAttention().ExportOnnx(path, ExportedAttention.Options));

        Assert.Equal("the last good export", File.ReadAllText(path));
        Assert.Single(folder.Files);
    }

    [Fact]
    public void ExportOnnx_OneDirectionAskedOfTheOther_SaysWhichThereAre()
    {
        using var folder = new TemporaryFolder();

        var thrown = Assert.Throws<NotSupportedException>(() => new TwoFacedAttention().ExportOnnx(
            folder.File("attention.onnx"), ExportedAttention.Options with { Causal = true }));

        Assert.Contains("it can attend Bidirectional", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData(0, 5, 5, "HeadCount")]
    [InlineData(2, -1, 5, "HeadDimension")]
    [InlineData(2, 5, 0, "ValueDimension")]
    [InlineData(2, 5, 3, "SelfAttention")]
    public void ExportOnnx_SizesThatDoNotFit_NamesTheOption(int headCount, int headDimension, int valueDimension, string option)
    {
        var options = new AttentionOnnxOptions
        {
            HeadCount = headCount,
            HeadDimension = headDimension,
            ValueDimension = valueDimension,
            SelfAttention = true,
        };

        var thrown = Assert.ThrowsAny<ArgumentException>(() => LawSubjects.All[0].ExportOnnx("attention.onnx", options));

        Assert.Contains(option, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOnnx_Twice_WritesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [folder.File("first.onnx"), folder.File("a new folder/1/model.onnx")];

        foreach (var path in paths)
        {
            LawSubjects.Get("linear-elu").ExportOnnx(path, ExportedAttention.Options with { Causal = true });
        }

        Assert.Equal(File.ReadAllBytes(paths[0]), File.ReadAllBytes(paths[1]));
    }

    [Fact]
    public void ExportOnnx_Crossed_DeclaresBatchAndBothLengthsOpen()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("attention.onnx");

        LawSubjects.Get("softmax").ExportOnnx(path, ExportedAttention.Options with { Masked = true });

        using var run = new OnnxRun(File.ReadAllBytes(path));
        Assert.Equal(["batch", "length", ""], run.Inputs["queries"].SymbolicDimensions);
        Assert.Equal(["batch", "key_length", ""], run.Inputs["keys"].SymbolicDimensions);
        Assert.Equal(["batch", "key_length"], run.Inputs["mask"].SymbolicDimensions);
        Assert.Equal(["batch", "length", ""], run.Outputs["attention"].SymbolicDimensions);
        Assert.Equal([-1, -1, AttentionCase.HeadCount * AttentionCase.ValueDimension], run.Outputs["attention"].Dimensions);
        Assert.Equal("AttentionML", run.Metadata.ProducerName);
        Assert.Equal("softmax", run.Metadata.CustomMetadataMap["attentionml.mechanism"]);
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void ExportOnnx_Verified_ReportsEveryComparison(string name, bool causal)
    {
        using var folder = new TemporaryFolder();

        var parity = LawSubjects.Get(name).ExportOnnx(
            folder.File("attention.onnx"), ExportedAttention.Options with { Causal = causal, Masked = true });

        Assert.Equal(4, parity.Cases.Count);
        Assert.InRange(parity.WorstError, 0, parity.Tolerance);
    }
}
