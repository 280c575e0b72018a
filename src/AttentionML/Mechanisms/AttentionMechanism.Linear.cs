using AttentionML.Fused;
using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

public abstract partial class AttentionMechanism
{
    /// <summary>Linear attention with φ = relu, in the original form with 1e-6 added to the denominator.</summary>
    /// <inheritdoc cref="Linear(FeatureMap, FusedOptions)" path="/remarks"/>
    public static AttentionMechanism LinearRelu { get; } = Define(Linear(FeatureMaps.Relu));

    /// <summary>Linear attention with φ = elu + 1, which is greater than 0 everywhere. A good first choice.</summary>
    /// <inheritdoc cref="Linear(FeatureMap, FusedOptions)" path="/remarks"/>
    public static AttentionMechanism LinearElu { get; } = Define(Linear(FeatureMaps.Elu));

    /// <summary>Linear attention with φ = relu + 0.001: as cheap as relu, and no query is dead.</summary>
    /// <inheritdoc cref="Linear(FeatureMap, FusedOptions)" path="/remarks"/>
    public static AttentionMechanism LinearReluPositive { get; } = Define(Linear(FeatureMaps.ReluPositive));

    /// <summary>Linear attention over any feature map.</summary>
    /// <param name="features">φ.</param>
    /// <param name="fused">When the fused form runs in place of the formula; null takes the defaults. Not part of saved models.</param>
    /// <remarks>
    /// φ(Q) (φ(K)ᵀV) / (φ(Q) Σφ(K)), from right to left, so that nothing of size L × L ever exists: time and memory grow with L.
    /// Katharopoulos et al. 2020, eq. 5, https://arxiv.org/abs/2006.16236. The causal form works in chunks of 64 steps (Hua et al. 2022,
    /// section 4.3, https://arxiv.org/abs/2202.10447).
    /// <para>
    /// The fused causal form adds up in single precision step by step. Where all keys are equal that rounds the same way every time: 3e-5 of the
    /// output after 4000 steps, and at most 1e-4 at any length, for scans beyond 8208 steps start anew from sums of their own.
    /// </para>
    /// <para>
    /// Gradients of gradients are those of the formula, fused or not. For the backward pass the fused form keeps a number a query, sums that are no
    /// larger than the values, and queries, keys, values and the output: changing one of these four in place before is an error, as with any
    /// operation of libtorch that keeps what it needs (add to the output, not into it). <c>backward()</c> then throws libtorch's "returned an
    /// invalid gradient" and adds no gradient, and so it does where a feature map throws; training throws an InvalidOperationException with the
    /// cause inside. From <c>autograd.grad</c>, where TorchSharp lets every error end the process, gradients of NaN come instead.
    /// </para>
    /// </remarks>
    /// <returns>A mechanism named <c>linear-</c> and the map's name.</returns>
    public static AttentionMechanism Linear(FeatureMap features, FusedOptions? fused = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        fused ??= new();
        fused.Validate();
        return new LinearAttention(features, fused);
    }

    private sealed class LinearAttention(FeatureMap features, FusedOptions options) : AttentionMechanism, IStreamingAttention
    {
        // The chunk that costs least at head dimension 64 in single precision, on libtorch and in ONNX Runtime alike.
        private const int ChunkLength = 64;

        private const double Epsilon = 1e-6;

        // e to the power of −46: below what features make of inputs around −20, and still far from where gradients overflow.
        private const double Floor = 1e-20;

        private readonly FusedLinear? _fused = features.FusedWith(
            features.IsStrictlyPositive ? new(0, (float)Floor) : new((float)Epsilon, float.NegativeInfinity));

        public override string Name => $"linear-{features.Name}";

        public override string Paper => "Katharopoulos et al. 2020, eq. 5, https://arxiv.org/abs/2006.16236";

        public override int CostExponent => 1;

        private protected override FusedAttention? ManagedForm => _fused;

        public (T Output, AttentionState<T> State) AttendNext<T>(T queries, T keys, T values, AttentionState<T>? past, T? visible)
            where T : struct, ITensorValue<T>
        {
            var inputs = new AttentionInputs<T>(visible, Causal: true);
            AttentionArguments.Require(queries, keys, values, inputs);
            return Onwards(queries, inputs.HideSteps(keys), inputs.HideSteps(values), past, inputs);
        }

        public override TorchTensor? AttendFused(
            TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs) =>
            _fused is null ? null : TorchTensor.FusedAttention(_fused, AttendByFormula, options, queries, keys, values, inputs);

        public override PlanTensor? AttendFused(
            PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs) =>
            _fused is null ? null : PlanTensor.FusedAttention(_fused, options, queries, keys, values, inputs);

        // Only the causal form has an operator, which lacks the feature map and the denominator.
        public override OnnxTensor? AttendFused(
            OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs)
        {
            if (!inputs.Causal)
            {
                return null;
            }

            var q = features.Map(queries);                                     // [N, H, L, D]
            var k = inputs.HideSteps(features.Map(inputs.HideSteps(keys)));    // [N, H, L, D]
            var z = k.SumBefore(2) + k;                                        // [N, H, L, D]
            return OnnxTensor.LinearAttention(q, k, inputs.HideSteps(values)) / Denominator((q * z).Sum(-1)); // [N, H, L, m]
        }

        protected override string ExplainForm(AttentionShape shape, AttentionUse use)
        {
            var reason = _fused is null ? $"the feature map {features.Name} is written over tensors" : FusedChoice.Reject(_fused, options, shape, use);
            return reason is not null ? FusedChoice.DescribeFormula(use, reason)
                : FusedChoice.Describe(options, shape, use, "parts of sequences");
        }

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        {
            if (inputs.Causal)
            {
                return Onwards(queries, keys, values, past: null, inputs).Output;
            }

            var q = features.Map(queries);                                     // [N, H, L, D]
            var k = inputs.HideSteps(features.Map(keys)).Transpose();          // [N, H, D, S]
            var s = k.MatMul(values);                                          // [N, H, D, m]
            var z = k.Sum(-1);                                                 // [N, H, D, 1]
            return q.MatMul(s) / Denominator(q.MatMul(z));                     // [N, H, L, m]
        }

        protected override T WeightsFormula<T>(T queries, T keys, AttentionInputs<T> inputs)
        {
            var k = inputs.HideSteps(features.Map(keys)).Transpose();          // [N, H, D, S]
            var weights = features.Map(queries).MatMul(k);                     // [N, H, L, S]
            weights = inputs.Causal ? weights.LowerTriangle() : weights;
            return weights / Denominator(weights.Sum(-1));
        }

        // Every step sees the chunks before its own through S and z, and its own chunk through a small triangle of weights.
        private (T Output, AttentionState<T> State) Onwards<T>(
            T queries, T keys, T values, AttentionState<T>? past, AttentionInputs<T> inputs)
            where T : struct, ITensorValue<T>
        {
            // Chunks are filled up with zeros after φ and after hiding, so what fills them weighs nothing.
            var q = features.Map(queries).Chunk(ChunkLength);                  // [N, H, M, C, D]
            var k = inputs.HideSteps(features.Map(keys)).Chunk(ChunkLength).Transpose(); // [N, H, M, D, C]
            var v = values.Chunk(ChunkLength);                                 // [N, H, M, C, m]

            var chunkS = k.MatMul(v);                                          // [N, H, M, D, m]
            var chunkZ = k.Sum(-1);                                            // [N, H, M, D, 1]
            var s = After(past?.Sum, chunkS.SumBefore(2));                     // [N, H, M, D, m]
            var z = After(past?.Normalizer, chunkZ.SumBefore(2));              // [N, H, M, D, 1]

            var weights = q.MatMul(k).LowerTriangle();                         // [N, H, M, C, C]
            var output = (weights.WeighPast(v) + q.MatMul(s)) / Denominator(weights.Sum(-1) + q.MatMul(z));
            var state = new AttentionState<T>(
                After(past?.Sum, chunkS.Sum(2)).Reshape(0, 0, q.Width, v.Width),                // [N, H, D, m]
                After(past?.Normalizer, chunkZ.Sum(2)).Reshape(0, 0, q.Width, 1));              // [N, H, D, 1]
            return (output.Unchunk(like: queries), state);                     // [N, H, L, m]
        }

        // The past stands in front of every chunk alike.
        private static T After<T>(T? past, T sums)
            where T : struct, ITensorValue<T> => past is { } before ? before.Reshape(0, 0, 1, -1, sums.Width) + sums : sums;

        // Positive features sum to 0 only where nothing is visible; the floor leaves quotients exact above
        // it. Relu features keep the published form.
        private T Denominator<T>(T sum)
            where T : struct, ITensorValue<T> => features.IsStrictlyPositive ? sum.AtLeast(Floor) : sum + Epsilon;
    }
}
