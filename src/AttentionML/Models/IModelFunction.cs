using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>What is computed of a sequence with a model: a prediction as its users read it, or an encoding.</summary>
internal interface IModelFunction
{
    /// <summary>From features [N, L, F] or tokens [N, L] to one tensor [N, any] per column.</summary>
    T[] Compute<T>(AttentionNetwork network, T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T>;
}
