using AttentionML.MLNetBridge;

namespace AttentionML.Tests.Pipelines;

/// <summary>The files of a saved transformer, in memory and open to changes.</summary>
internal sealed class MemoryFiles : IModelFiles
{
    public MemoryFiles(IEnumerable<KeyValuePair<string, Action<Stream>>> files)
    {
        foreach (var (name, write) in files)
        {
            using var stream = new MemoryStream();
            write(stream);
            Bytes[name] = stream.ToArray();
        }
    }

    public MemoryFiles(MemoryFiles other)
    {
        foreach (var (name, bytes) in other.Bytes)
        {
            Bytes[name] = [.. bytes];
        }
    }

    public Dictionary<string, byte[]> Bytes { get; } = [];

    public void Read(string name, Action<Stream> read)
    {
        if (!Bytes.TryGetValue(name, out var bytes))
        {
            throw new InvalidDataException($"The saved model has no '{name}'.");
        }

        using var stream = new MemoryStream(bytes, writable: false);
        read(stream);
    }
}
