using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.MLNetBridge;

/// <summary>
/// How one kind of transformer is read from a saved model. An assembly declares each of its formats with
/// <see cref="TransformerFormatAttribute{TFormat}"/>.
/// </summary>
public interface ITransformerFormat
{
    /// <summary>The name in saved models; unique in its assembly. Files of an earlier name cannot be read.</summary>
    static abstract string Name { get; }

    /// <summary>Reads a transformer.</summary>
    /// <param name="environment">The context that loads.</param>
    /// <param name="files">What <see cref="NativeModel.Save{TFormat}"/> was given. It may come from anybody: check it.</param>
    /// <exception cref="InvalidDataException">The files cannot be read; the message says why.</exception>
    static abstract ITransformer Read(IHostEnvironment environment, IModelFiles files);
}
