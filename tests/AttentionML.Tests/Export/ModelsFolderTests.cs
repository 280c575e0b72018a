using AttentionML.Export;
using AttentionML.Pipelines;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>The exported models that the repository holds.</summary>
public class ModelsFolderTests
{
    public static TheoryData<string> Models =>
        [.. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "models"), "model.onnx", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryRoot.Path, path))];

    [Theory]
    [MemberData(nameof(Models))]
    public void Model_OfTheFolder_GivesWhatTorchGives(string model)
    {
        var path = Path.Combine(RepositoryRoot.Path, model);

        var parity = OnnxParity.Verify(path);

        Assert.InRange(parity.WorstError, 0, parity.Tolerance);
    }

    [Fact]
    public void Folder_Models_AreTheTwins() => Assert.Equal(
        ["attention-linear-elu", "attention-softmax"],
        Models.Select(row => row.Data.Split(Path.DirectorySeparatorChar)[1]).Order());
}
