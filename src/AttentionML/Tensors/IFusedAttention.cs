namespace AttentionML.Tensors;

/// <summary>
/// The fused forms of an attention formula, one overload per interpreter that can have one. Null means that there is none for these
/// inputs, and the formula runs; a form that is given is held to the formula by the conformance laws.
/// </summary>
public interface IFusedAttention
{
    /// <summary>Computes the attention in one native operation, or answers null.</summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d]; hidden ones may hold anything and must reach nothing.</param>
    /// <param name="values">Values, [N, H, S, m]; hidden ones may hold anything and must reach nothing.</param>
    /// <param name="inputs">The key mask and whether to look back only.</param>
    TorchTensor? AttendFused(TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs);

    /// <summary>Appends the attention to a graph that takes the operators of ONNX Runtime beside those of ai.onnx, or answers null.</summary>
    /// <inheritdoc cref="AttendFused(TorchTensor, TorchTensor, TorchTensor, AttentionInputs{TorchTensor})" path="/param"/>
    OnnxTensor? AttendFused(OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs);

    /// <summary>Appends the attention to a plan as one managed kernel, or answers null.</summary>
    /// <inheritdoc cref="AttendFused(TorchTensor, TorchTensor, TorchTensor, AttentionInputs{TorchTensor})" path="/param"/>
    PlanTensor? AttendFused(PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs);
}
