namespace AttentionML.Tests.Export;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("attentionml-");

    public IEnumerable<string> Files => Directory.EnumerateFileSystemEntries(_folder.FullName, "*", SearchOption.AllDirectories);

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
