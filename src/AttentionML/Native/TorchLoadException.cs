namespace AttentionML.Native;

/// <summary>libtorch could not be loaded. The message says why, and what to do about it.</summary>
public sealed class TorchLoadException : Exception
{
    /// <summary>An exception that says why libtorch could not be loaded.</summary>
    /// <param name="message">The cause and the alternative.</param>
    /// <param name="innerException">What the operating system or TorchSharp said, if anything.</param>
    public TorchLoadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
