using AttentionML.Onnx;
using AttentionML.Tests.Export;

namespace AttentionML.Tests.Onnx;

public sealed class OnnxModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_OverAFile_ReplacesItAndLeavesNothingAside()
    {
        var path = _folder.File("model.onnx");
        File.WriteAllText(path, "something longer that was there before");

        OnnxModel.Save([1, 2, 3], path);

        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], _folder.Files);
    }

    [Fact]
    public void Save_OverAFolder_ThrowsAndLeavesNothingAside()
    {
        var path = Directory.CreateDirectory(_folder.File("model.onnx")).FullName;

        Assert.ThrowsAny<Exception>(() => OnnxModel.Save([1, 2, 3], path));

        Assert.Equal([path], _folder.Files);
    }
}
