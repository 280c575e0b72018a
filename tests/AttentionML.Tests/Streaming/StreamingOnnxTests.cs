using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Streaming;
using AttentionML.Tests.Export;
using AttentionML.Tests.Models;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Streaming;

/// <summary>Certificates of files for streaming: what they say, and what they refuse.</summary>
public sealed class StreamingOnnxTests : IDisposable
{
    private static readonly AttentionModelOptions Small = new()
    {
        FeatureCount = 2,
        ModelDimension = 8,
        HeadCount = 2,
        LayerCount = 1,
        FeedForwardDimension = 12,
        Mechanism = AttentionMechanism.LinearElu,
        Causal = true,
    };

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ExportStreamingOnnx_Model_CertifiesOutputsAndStatesOfEveryPiece()
    {
        using var model = RandomModel.Create(Small, new(3));

        var parity = model.ExportStreamingOnnx(Path);

        Assert.Equal(
            ["output", .. model.Network.States.Select(state => $"next.{state.Name}")],
            parity.Cases.Select(compared => compared.Output).Distinct());
        var pieces = parity.Cases.Where(compared => compared.Output == "output").Select(compared => (compared.Length, compared.KeyLength)).ToList();
        Assert.Equal([(1, 1), (1, 2), (1, 3)], pieces[..3]);
        Assert.All([(64, 69), (1, 70), (64, 64), (65, 130), (130, 130)], piece => Assert.Contains(piece, pieces));
        Assert.Equal(pieces.Count * (1 + model.Network.States.Count()), parity.Cases.Count);
        Assert.All(parity.Cases, compared =>
        {
            Assert.Equal(2, compared.BatchSize);
            Assert.InRange(compared.Error, 0, parity.Tolerance);
            Assert.InRange(compared.ReferenceError, 0, parity.Tolerance);
            Assert.InRange(compared.RmsError, 0, compared.Error);
            Assert.InRange(compared.ReferenceRmsError, 0, compared.ReferenceError);
        });
        Assert.True(parity.WorstReferenceError > 0); // single precision is not the formula in double
        Assert.Equal(("linear-elu", 42, OnnxProfile.Portable), (parity.Mechanism, parity.Seed, parity.Profile));
        Assert.Matches(@"^\d+\.\d+\.\d+$", parity.OnnxRuntimeVersion);
        Assert.Equal([OnnxFileHash.Of(Path)], parity.Files);
        Assert.Equal([Path, _folder.File("model.parity.json")], _folder.Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Verify_FileOfAModel_GivesWhatTheExportGave()
    {
        using var model = RandomModel.Create(Small, new(3));
        using var other = RandomModel.Create(Small, new(3), seed: 43);
        var exported = model.ExportStreamingOnnx(Path);

        RequireSame(exported, OnnxParity.Verify(Path, model));
        Assert.Contains("streams something else", Assert.Throws<ArgumentException>(() => OnnxParity.Verify(Path, other)).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(AttentionModel), Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void Verify_FileOfAMechanism_NeedsItOrNothing(int? valueDimension)
    {
        var exported = AttentionMechanism.LinearRelu.ExportStreamingOnnx(Path, headCount: 2, headDimension: 4, valueDimension);

        RequireSame(exported, OnnxParity.Verify(Path, AttentionMechanism.LinearRelu));
        RequireSame(exported, OnnxParity.Verify(Path));
        Assert.Contains(
            "'linear-relu', not 'linear-elu'",
            Assert.Throws<ArgumentException>(() => OnnxParity.Verify(Path, AttentionMechanism.LinearElu)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multiclass")]
    [InlineData("regression")]
    public void Verify_FileOfAPipeline_NeedsItOrNothing(string prediction)
    {
        var trained = prediction == "multiclass"
            ? TrainedModels.Classifier(AttentionMechanism.LinearElu, causal: true)
            : TrainedModels.Untrained(Small);
        var exported = trained.ExportStreamingOnnx(Path);

        RequireSame(exported, OnnxParity.Verify(Path, trained));
        RequireSame(exported, OnnxParity.Verify(Path));
        Assert.Throws<ArgumentException>(() => OnnxParity.Verify(Path, trained.WithMechanism(AttentionMechanism.LinearRelu)));
    }

    [Fact]
    public void Verify_FileChangedSince_IsRefused()
    {
        AttentionMechanism.LinearElu.ExportStreamingOnnx(Path, headCount: 2, headDimension: 4);
        AttentionMechanism.LinearElu.ExportStreamingOnnx(_folder.File("other.onnx"), headCount: 1, headDimension: 8);
        File.Copy(_folder.File("other.onnx"), Path, overwrite: true);

        Assert.Contains(
            "is not the file that was certified", Assert.Throws<InvalidDataException>(() => OnnxParity.Verify(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportStreamingOnnx_WhereTheStateGoesWrong_ThrowsAndWritesNothing()
    {
        var error = Assert.Throws<ParityException>(() => new TwoFacedStreamingAttention().ExportStreamingOnnx(Path, headCount: 2, headDimension: 4));

        Assert.Equal("next.sum", error.Output);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void ExportStreamingOnnx_LearnedPositionsForFewSteps_ComparesThose()
    {
        using var model = RandomModel.Create(Small with { Positions = PositionEncoding.Learned, MaximumLength = 5 }, new(3));

        var parity = model.ExportStreamingOnnx(Path);

        Assert.Equal(5, parity.Cases.Max(compared => compared.KeyLength));
        RequireSame(parity, OnnxParity.Verify(Path, model));
    }

    private static void RequireSame(OnnxParity expected, OnnxParity actual)
    {
        Assert.Equal(expected.Cases.Select(Where), actual.Cases.Select(Where));
        Assert.Equal((expected.Tolerance, expected.ProducerVersion), (actual.Tolerance, actual.ProducerVersion));
        Assert.Equal(expected.Files, actual.Files);
        Assert.InRange(actual.WorstError, 0, actual.Tolerance);

        static (string, int, int, int) Where(ParityCase compared) =>
            (compared.Output, compared.BatchSize, compared.Length, compared.KeyLength);
    }
}
