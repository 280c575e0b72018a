using Microsoft.ML;

namespace AttentionML.MLNetBridge;

/// <summary>The files beside a transformer's entry in an ML.NET model.</summary>
internal sealed class ModelFiles(ModelLoadContext context) : IModelFiles
{
    public void Read(string name, Action<Stream> read)
    {
        if (!context.TryLoadBinaryStream(name, reader => read(reader.BaseStream)))
        {
            throw new InvalidDataException($"The saved model has no '{name}'; the file is cut short or was changed.");
        }
    }
}
