using AttentionML.Mechanisms;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A mechanism in a form of our choice over libtorch, to put it into whole models.</summary>
/// <param name="mechanism">The mechanism.</param>
/// <param name="attend">The form, over queries, keys and values [N, H, L, d].</param>
internal sealed class FormAttention(AttentionMechanism mechanism, Func<Tensor, Tensor, Tensor, Tensor> attend) : AttentionMechanism
{
    /// <summary>A mechanism's formula, operation by operation.</summary>
    public static FormAttention Formula(AttentionMechanism mechanism, bool causal) => new(
        mechanism, (q, k, v) => mechanism.AttendByFormula<TorchTensor>(new(q), new(k), new(v), new(Causal: causal)).Value);

    public override string Name => mechanism.Name;

    public override string Paper => mechanism.Paper;

    public override int CostExponent => mechanism.CostExponent;

    public override TorchTensor? AttendFused(
        TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs) =>
        inputs.Visible is null ? new(attend(queries.Value, keys.Value, values.Value)) : null;

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) =>
        mechanism.AttendByFormula(queries, keys, values, inputs);
}
