using AttentionML.Data;
using AttentionML.Tests.Export;

namespace AttentionML.Tests.Data;

public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_OverAFile_ReplacesItAndLeavesNothingAside()
    {
        var path = _folder.File("model.onnx");
        File.WriteAllText(path, "something longer that was there before");

        WholeFile.Write(path, [1, 2, 3]);

        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], _folder.Files);
    }

    [Fact]
    public void Write_OverAFolder_ThrowsAndLeavesNothingAside()
    {
        var path = Directory.CreateDirectory(_folder.File("model.onnx")).FullName;

        Assert.ThrowsAny<Exception>(() => WholeFile.Write(path, [1, 2, 3]));

        Assert.Equal([path], _folder.Files);
    }
}
