namespace AttentionML.Serving.Tests;

/// <summary>A model repository in a folder of its own, gone when disposed.</summary>
internal sealed class TestRepository : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("serving").FullName;

    /// <summary>Adds a version, or puts another file in its place.</summary>
    public TestRepository Add(string name, byte[] model, string? config = null, int version = 1)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name, $"{version}")).FullName;
        var aside = System.IO.Path.Combine(Path, name, $"{Guid.NewGuid():N}.partial");
        File.WriteAllBytes(aside, model);
        File.Move(aside, System.IO.Path.Combine(folder, "model.onnx"), overwrite: true);
        if (config is not null)
        {
            File.WriteAllText(System.IO.Path.Combine(Path, name, "config.pbtxt"), config);
        }

        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
