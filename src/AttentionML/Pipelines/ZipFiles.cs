using System.IO.Compression;
using AttentionML.MLNetBridge;

namespace AttentionML.Pipelines;

/// <summary>Files in a zip, stored as they are. It may come from anybody.</summary>
internal sealed class ZipFiles : IModelFiles, IDisposable
{
    private readonly ZipArchive _zip;

    /// <param name="file">The zip; stays open.</param>
    /// <exception cref="InvalidDataException">It is no zip.</exception>
    public ZipFiles(Stream file) => _zip = Guard(() => new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true));

    /// <inheritdoc/>
    public void Read(string name, Action<Stream> read)
    {
        var entry = Guard(() => _zip.GetEntry(name))
            ?? throw new InvalidDataException($"It has no '{name}': it is cut short, was changed, or is no file of AttentionML.");

        // Stored bytes cannot be fewer than they say, so that nobody allocates more than the file holds.
        if (entry.Length != entry.CompressedLength || entry.Length > Array.MaxLength)
        {
            throw new InvalidDataException($"'{name}' in it is compressed or oversized: {entry.Length} bytes out of {entry.CompressedLength}.");
        }

        using var copy = new MemoryStream(Guard(() => Copy(entry)), writable: false);
        read(copy);
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    private static byte[] Copy(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // What ZipArchive throws at damaged zips.
    private static T Guard<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new InvalidDataException($"It is no zip, is cut short, or is corrupted: {exception.Message}", exception);
        }
    }
}
