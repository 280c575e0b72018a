using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>Fused attention on torch's memory: where it has a form, and how it reads tensors in place.</summary>
internal static class TorchFusedAttention
{
    /// <summary>Attends, with gradients where they are asked for; null where there is no fused form for these tensors.</summary>
    public static Tensor? Attend(
        FusedAttention form, AttentionFormula<TorchTensor> formula, FusedOptions options,
        Tensor queries, Tensor keys, Tensor values, Tensor? visible, bool causal)
    {
        if (!IsSingleOnCpu(queries) || !IsSingleOnCpu(keys) || !IsSingleOnCpu(values) || visible is { device_type: not TorchSharp.DeviceType.CPU }
            || Sizes(queries, keys, values, visible, causal) is not { } sizes)
        {
            return null;
        }

        var gradients = is_grad_enabled() && (queries.requires_grad || keys.requires_grad || values.requires_grad);
        if (form.Reject(options, sizes, gradients) is not null)
        {
            return null;
        }

        var threads = options.Threads ?? get_num_threads();
        return gradients
            ? TorchLinearFunction.apply(queries, keys, values, new TorchLinearCall((FusedLinear)form, formula, sizes, visible, threads))
            : new TorchFusedCall(form, sizes, visible, threads).Forward(queries, keys, values, denominators: null);
    }

    // Axis by axis: TorchSharp makes a shape by a call back for each, which small attentions feel.
    private static FusedSizes? Sizes(Tensor queries, Tensor keys, Tensor values, Tensor? visible, bool causal) =>
        queries.dim() == 4 && keys.dim() == 4 && values.dim() == 4
            ? FusedSizes.Of(
                [queries.size(0), queries.size(1), queries.size(2), queries.size(3)],
                [keys.size(0), keys.size(1), keys.size(2), keys.size(3)],
                [values.size(0), values.size(1), values.size(2), values.size(3)],
                visible?.shape,
                causal)
            : null;

    private static bool IsSingleOnCpu(Tensor tensor) => tensor.dtype == ScalarType.Float32 && tensor.device_type == TorchSharp.DeviceType.CPU;
}
