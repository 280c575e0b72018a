namespace AttentionML.Data;

/// <summary>
/// A folder beside a place, in which what is to stand there is made: it comes to its place by renaming, whole, or goes without a trace.
/// </summary>
internal sealed class AsideFolder : IDisposable
{
    private readonly string _folder;

    /// <summary>Makes it.</summary>
    /// <param name="place">The file or folder that is to be; folders that are missing above it are made.</param>
    public AsideFolder(string place)
    {
        place = System.IO.Path.GetFullPath(place);
        _folder = $"{place}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(_folder);
    }

    /// <summary>Where a file of that name stands in the folder.</summary>
    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    /// <summary>Writes a file into the folder, down to the disk.</summary>
    /// <param name="name">The file, in the folder or in one inside it.</param>
    /// <param name="write">Writes its content.</param>
    public void Write(string name, Action<Stream> write)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(name))!);
        using var file = new FileStream(Path(name), FileMode.CreateNew, FileAccess.Write);
        write(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Brings one of the files to its place, in the stead of what is there.</summary>
    public void MoveFile(string name, string place) => File.Move(Path(name), place, overwrite: true);

    /// <summary>Brings the folder itself to a place where nothing is.</summary>
    /// <exception cref="IOException">Something is there.</exception>
    public void MoveTo(string place) => Directory.Move(_folder, place);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
