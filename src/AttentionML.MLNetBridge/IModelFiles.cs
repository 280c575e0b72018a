namespace AttentionML.MLNetBridge;

/// <summary>The files of one transformer in a saved model.</summary>
public interface IModelFiles
{
    /// <summary>Reads a file.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="read">Takes the file's bytes: a stream that can seek and knows its length, and is closed afterwards.</param>
    /// <exception cref="InvalidDataException">There is no such file; the message names it.</exception>
    void Read(string name, Action<Stream> read);
}
