namespace AttentionML.Data;

/// <summary>Files that are there whole or not at all.</summary>
public static class WholeFile
{
    private const string Partial = ".partial";

    /// <summary>Writes beside the place and moves there, so that a crash or a full disk leaves what was there before.</summary>
    /// <param name="path">The place; folders that are missing are made, a file that is there is replaced.</param>
    /// <param name="bytes">What the file is to hold.</param>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        // A span cannot go into a lambda.
        var copy = bytes.ToArray();
        Write(path, file => file.Write(copy));
    }

    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte})" path="/summary"/>
    /// <param name="path">The place; folders that are missing are made, a file that is there is replaced.</param>
    /// <param name="write">Writes the file; if it throws, nothing has changed.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var aside = $"{path}.{Guid.NewGuid():N}{Partial}";
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Deletes what processes that were killed while they wrote a file have left beside it. Nobody may be writing it now.</summary>
    /// <param name="path">The place of the file.</param>
    public static void DeleteRemains(string path)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder))
        {
            foreach (var remains in Directory.GetFiles(folder, $"{Path.GetFileName(path)}.*{Partial}"))
            {
                File.Delete(remains);
            }
        }
    }
}
