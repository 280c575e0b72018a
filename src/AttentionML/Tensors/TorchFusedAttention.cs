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
        if (!gradients)
        {
            return new TorchFusedCall(form, sizes, visible, threads).Forward(queries, keys, values);
        }

        using var q = ViewOfLeaf(queries);
        using var k = ViewOfLeaf(keys);
        using var v = ViewOfLeaf(values);
        return TorchLinearFunction.apply(
            q ?? queries, k ?? keys, v ?? values, new TorchLinearCall((FusedLinear)form, formula, sizes, visible, threads));
    }

    // A leaf keeps the gradient that arrives if nobody else holds it, and copies it if somebody does, as TorchSharp does with what our backward pass
    // gives. The gradient of a view is a tensor of libtorch's own, over the same memory. Null for projections, as a model has them: these copy nothing.
    private static Tensor? ViewOfLeaf(Tensor tensor) => tensor is { requires_grad: true, is_leaf: true } ? tensor.view_as(tensor) : null;

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
