namespace AttentionML.Tensors;

/// <summary>Attention, operation by operation.</summary>
/// <param name="queries">Queries, [N, H, L, d].</param>
/// <param name="keys">Keys, [N, H, S, d].</param>
/// <param name="values">Values, [N, H, S, m].</param>
/// <param name="inputs">The key mask and whether to look back only.</param>
/// <returns>One output per query, [N, H, L, m].</returns>
/// <typeparam name="T">The interpreter of the tensor algebra.</typeparam>
internal delegate T AttentionFormula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
    where T : struct, ITensorValue<T>;
