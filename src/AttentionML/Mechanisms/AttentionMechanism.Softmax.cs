using AttentionML.Fused;
using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

public abstract partial class AttentionMechanism
{
    /// <summary>
    /// Scaled dot-product attention, softmax(QKᵀ / √d) V: every query is compared with every key, so time grows with L² (and, except in
    /// the fused forms, memory too). Fused in torch as scaled_dot_product_attention, and in this library where that is faster.
    /// </summary>
    public static AttentionMechanism Softmax { get; } = Define(SoftmaxWith());

    /// <summary>Scaled dot-product attention with a say in its form.</summary>
    /// <param name="fused">
    /// When this library's own fused form runs in place of libtorch's; null takes the defaults, which are 64 queries and registers of 256 bits. It has
    /// no gradients: where they are asked for, libtorch's form runs. In managed models, where there is no libtorch, registers of 128 bits and one
    /// query are always enough. Not part of saved models.
    /// </param>
    /// <returns>A mechanism named <c>softmax</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number in <paramref name="fused"/> makes no sense; the message names it.</exception>
    public static AttentionMechanism SoftmaxWith(FusedOptions? fused = null)
    {
        fused ??= FusedSoftmax.Defaults;
        fused.Validate();
        return new SoftmaxAttention(fused);
    }

    private sealed class SoftmaxAttention(FusedOptions options) : AttentionMechanism
    {
        private static readonly FusedSoftmax Fused = new();

        // In a plan there is no libtorch to be compared with: any SIMD is faster than the formula, at any length.
        private readonly FusedOptions _managed = options with
        {
            MinimumRegisterBits = int.Min(options.MinimumRegisterBits, 128),
            MinimumCausalRegisterBits = int.Min(options.MinimumCausalRegisterBits, 128),
            MinimumLength = 1,
        };

        // Finite, and still below every real score: a query that sees no key then weighs hidden values, which are zero, instead of
        // dividing by zero; and padding outweighs the future (−∞), so left padding with causal attention gives zeros as well.
        private const double HiddenScore = -1e30;

        public override string Name => "softmax";

        public override string Paper => "Vaswani et al. 2017, eq. 1, https://arxiv.org/abs/1706.03762";

        public override int CostExponent => 2;

        private protected override FusedAttention ManagedForm => Fused;

        public override TorchTensor? AttendFused(
            TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs) =>
            TorchTensor.FusedAttention(Fused, AttendByFormula, options, queries, keys, values, inputs)
            ?? TorchTensor.ScaledDotProductAttention(queries, inputs.HideSteps(keys), inputs.HideSteps(values), inputs);

        public override PlanTensor? AttendFused(
            PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs) =>
            PlanTensor.FusedAttention(Fused, _managed, queries, keys, values, inputs);

        public override OnnxTensor? AttendFused(
            OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs) =>
            OnnxTensor.ScaledDotProductAttention(queries, inputs.HideSteps(keys), inputs.HideSteps(values), inputs, HiddenScore);

        protected override string ExplainForm(AttentionShape shape, AttentionUse use)
        {
            var chosen = use.Managed ? _managed : options;
            return FusedChoice.Reject(Fused, chosen, shape, use) is not { } reason ? FusedChoice.Describe(chosen, shape, use, "blocks of queries")
                : use.Managed ? FusedChoice.DescribeFormula(use, reason)
                : use is { Causal: true, Masked: true }
                    ? FusedChoice.DescribeFormula(use, $"{reason}, and scaled_dot_product_attention takes no causal mask beside a key mask")
                : $"libtorch's scaled_dot_product_attention{(use.Causal ? " (the formula where keys or values hold a NaN)" : "")}, for {reason}";
        }

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        {
            var weights = WeightsFormula(queries, keys, inputs);                               // [N, H, L, S]
            return inputs.Causal ? weights.WeighPast(values) : weights.MatMul(values);         // [N, H, L, m]
        }

        protected override T WeightsFormula<T>(T queries, T keys, AttentionInputs<T> inputs)
        {
            var scores = (queries * (1 / Math.Sqrt(queries.Width))).MatMul(keys.Transpose());  // [N, H, L, S]
            scores = inputs.HideScores(scores, HiddenScore);
            return (inputs.Causal ? scores.LowerTriangle(future: double.NegativeInfinity) : scores).Softmax();
        }
    }
}
