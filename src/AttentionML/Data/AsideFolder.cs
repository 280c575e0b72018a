namespace AttentionML.Data;

/// <summary>
/// A folder beside a place, in which what is to stand there is made: it comes to its place by renaming, whole, or goes without a trace.
/// </summary>
internal sealed class AsideFolder : IDisposable
{
    private const int CrossDevice = 18; // EXDEV of Unix
    private const int NotSameDevice = unchecked((int)0x80070011); // ERROR_NOT_SAME_DEVICE of Windows
    private readonly string _folder;

    /// <summary>Makes it.</summary>
    /// <param name="place">The file or folder that is to be; folders that are missing above it are made.</param>
    public AsideFolder(string place)
    {
        place = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(place));
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

    /// <summary>
    /// Brings a folder inside this one to its place. What is there goes first: for a moment nothing is, and never a part of either.
    /// </summary>
    /// <param name="name">The folder, in this one.</param>
    /// <param name="place">Where it is to be.</param>
    /// <exception cref="IOException">The place is on another file system, or cannot be written to.</exception>
    public void MoveFolder(string name, string place)
    {
        var replaced = Path("~replaced"); // no model is called so
        try
        {
            if (Directory.Exists(place))
            {
                Directory.Move(place, replaced);
            }

            Directory.Move(Path(name), place);
        }
        catch (IOException error)
        {
            if (Directory.Exists(replaced))
            {
                Directory.Move(replaced, place);
            }

            if (error.HResult is not (CrossDevice or NotSameDevice))
            {
                throw;
            }

            throw new IOException(
                $"'{place}' is on another file system than '{_folder}', where it was made, so that it cannot get there by renaming. " +
                "The root of a file system cannot be the folder that is written to: take a folder in it.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
