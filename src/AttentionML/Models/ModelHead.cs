using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>What the head says of a sequence, [N, O] or, without pooling, [N, L, O].</summary>
internal sealed class ModelHead : IModelFunction
{
    /// <inheritdoc/>
    public T[] Compute<T>(AttentionNetwork network, T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => [network.Forward(input, pass)];
}
