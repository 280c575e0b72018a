using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

/// <summary>What linear attention keeps of the past, however long it was.</summary>
/// <param name="Sum">S = Σ φ(k) vᵀ over the past, [N, H, D, m].</param>
/// <param name="Normalizer">z = Σ φ(k) over the past, [N, H, D, 1].</param>
/// <typeparam name="T">The interpreter of the tensor algebra.</typeparam>
public readonly record struct AttentionState<T>(T Sum, T Normalizer)
    where T : struct, ITensorValue<T>;
