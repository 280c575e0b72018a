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
            || FusedSizes.Of(queries.shape, keys.shape, values.shape, visible?.shape, causal) is not { } sizes)
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

    private static bool IsSingleOnCpu(Tensor tensor) => tensor.dtype == ScalarType.Float32 && tensor.device_type == TorchSharp.DeviceType.CPU;
}
