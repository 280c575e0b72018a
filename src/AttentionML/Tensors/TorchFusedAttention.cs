using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>Fused attention on torch's memory: where it has a form, and how it reads tensors in place.</summary>
internal static class TorchFusedAttention
{
    /// <summary>Attends, with gradients where they are asked for; null where there is no fused form for these tensors.</summary>
    public static Tensor? Attend(
        FusedAttention form, FusedOptions options, Tensor queries, Tensor keys, Tensor values, Tensor? visible, bool causal)
    {
        if (!Fits(queries, keys, values, visible))
        {
            return null;
        }

        var gradients = is_grad_enabled() && (queries.requires_grad || keys.requires_grad || values.requires_grad);
        if (form.Reject(options, TorchFusedCall.Sizes(queries, keys, values, causal), gradients) is not null)
        {
            return null;
        }

        var threads = options.Threads ?? get_num_threads();
        return gradients
            ? TorchLinearFunction.apply(queries, keys, values, new TorchLinearCall((FusedLinear)form, visible, causal, threads))
            : new TorchFusedCall(form, visible, causal, threads).Forward(queries, keys, values, denominators: null);
    }

    private static bool Fits(Tensor queries, Tensor keys, Tensor values, Tensor? visible)
    {
        if (queries.dim() != 4 || keys.dim() != 4 || values.dim() != 4 || !IsSingleOnCpu(queries) || !IsSingleOnCpu(keys) || !IsSingleOnCpu(values))
        {
            return false;
        }

        var (batchSize, headCount, keyCount) = (queries.size(0), queries.size(1), keys.size(2));
        return keys.size(0) == batchSize && values.size(0) == batchSize && keys.size(1) == headCount && values.size(1) == headCount
            && values.size(2) == keyCount && keys.size(3) == queries.size(3)
            && batchSize > 0 && headCount > 0 && queries.size(2) > 0 && keyCount > 0
            && (visible is null || (visible.dim() == 2 && visible.size(1) == keyCount && (visible.size(0) == batchSize || visible.size(0) == 1)));
    }

    private static bool IsSingleOnCpu(Tensor tensor) => tensor.dtype == ScalarType.Float32 && tensor.device_type == TorchSharp.DeviceType.CPU;
}
