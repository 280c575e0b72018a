using AttentionML.Export;
using AttentionML.Pipelines;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>The model repository that this repository holds.</summary>
public class ModelsFolderTests
{
    private static readonly string Root = Path.Combine(RepositoryRoot.Path, "models");

    public static TheoryData<string> Models => [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Models))]
    public void Model_OfTheFolder_GivesWhatTorchGives(string model)
    {
        var path = Path.Combine(Root, model, "1", "model.onnx");

        var parity = OnnxParity.Verify(path);

        Assert.InRange(parity.WorstError, 0, parity.Tolerance);
        Assert.InRange(parity.WorstReferenceError, 0, parity.Tolerance);
        Assert.Equal(OnnxProfile.Portable, parity.Profile);
        Assert.InRange(new FileInfo(path).Length, 1, 1 << 20);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Configuration_OfTheFolder_IsReadByProtocAndNamesTheModel(string model)
    {
        var lines = ProtocText.Read(File.ReadAllBytes(Path.Combine(Root, model, "config.pbtxt")));

        Assert.Contains($"name: \"{model}\"", lines);
        Assert.Contains("backend: \"onnxruntime\"", lines);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Readme_OfTheFolder_NamesTheHashOfTheModel(string model)
    {
        var hash = OnnxFileHash.Of(Path.Combine(Root, model, "1", "model.onnx")).Sha256;

        Assert.Contains(hash, File.ReadAllText(Path.Combine(Root, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_Models_AreTheTwins() => Assert.Equal(
        [
            "attention-linear-elu", "attention-softmax",
            "pulse-order-linear-elu", "pulse-order-linear-elu-weights", "pulse-order-softmax", "pulse-order-softmax-weights",
        ],
        Models.Select(row => row.Data).Order(StringComparer.Ordinal));
}
