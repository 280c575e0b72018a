using System.Runtime.InteropServices;
using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>One call of fused attention on torch's memory, heads and steps strided as they come.</summary>
/// <param name="Form">The kernel.</param>
/// <param name="Sizes">The sizes.</param>
/// <param name="Visible">The key mask, [N, S], or null.</param>
/// <param name="Threads">Threads that may work on it.</param>
internal unsafe partial record TorchFusedCall(FusedAttention Form, FusedSizes Sizes, Tensor? Visible, int Threads)
{
    /// <summary>The outputs, [N, H, L, m], laid out in memory like the queries.</summary>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="denominators">Of linear attention alone: [N, H, L] to be written; null for none.</param>
    /// <param name="state">Of bidirectional linear attention alone: <see cref="FusedCall.State"/> to be written; null for none.</param>
    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? denominators = null, Tensor? state = null)
    {
        using var q = Rows(queries);
        using var k = Rows(keys);
        using var v = Rows(values);
        using var visible = Mask();
        var output = Like(queries, values.size(3));
        Form.Forward(Call(q, k, v, visible, output, denominators, state), Threads, FusedAttention.Lanes);
        return output;
    }

    private protected FusedCall Call(
        Tensor queries, Tensor keys, Tensor values, Tensor? visible, Tensor output, Tensor? denominators, Tensor? state) => new()
        {
            Sizes = Sizes,
            Queries = Heads(queries),
            Keys = Heads(keys),
            Values = Heads(values),
            Visible = visible is null ? default : new(Data(visible), visible.size(0) == 1 ? 0 : (nint)visible.stride(0), 0, (nint)visible.stride(1)),
            Output = Heads(output),
            Denominators = denominators is null
                ? default
                : new(Data(denominators), (nint)denominators.stride(0), (nint)denominators.stride(1), (nint)denominators.stride(2)),
            State = state is null ? default : Heads(state),
        };

    private protected Tensor? Mask() => Visible is null ? null : Visible.dtype == ScalarType.Float32 ? Visible.alias() : Visible.to(ScalarType.Float32);

    // Numbers of a row are to be adjacent; everything else may be strided.
    private protected static Tensor Rows(Tensor tensor) => tensor.size(3) == 1 || tensor.stride(3) == 1 ? tensor.alias() : tensor.contiguous();

    // Heads that are a view of packed projections [N, L, H·d] give outputs that are one.
    private protected static Tensor Like(Tensor tensor, long width)
    {
        var (n, h, l) = (tensor.size(0), tensor.size(1), tensor.size(2));
        if (tensor.stride(1) >= tensor.stride(2))
        {
            return empty([n, h, l, width], ScalarType.Float32);
        }

        using var packed = empty([n, l, h, width], ScalarType.Float32);
        return packed.transpose(1, 2);
    }

    private protected static Heads Heads(Tensor tensor) =>
        new(Data(tensor), (nint)tensor.stride(0), (nint)tensor.stride(1), (nint)tensor.stride(2));

    private static float* Data(Tensor tensor) => (float*)DataOf(tensor.Handle);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint DataOf(nint tensor);
}
