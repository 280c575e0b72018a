using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>The encoding of a sequence, in front of the head, [N, D].</summary>
internal sealed class ModelEncoding : IModelFunction
{
    /// <inheritdoc/>
    public T[] Compute<T>(AttentionNetwork network, T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => [network.Encode(input, pass)];
}
