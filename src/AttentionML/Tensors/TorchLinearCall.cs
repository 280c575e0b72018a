using System.Runtime.InteropServices;
using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>One call of fused linear attention on torch's memory, heads and steps strided as they come.</summary>
/// <param name="Form">The kernel.</param>
/// <param name="Visible">The key mask, [N, S], or null.</param>
/// <param name="Causal">Whether a query sees only its own and earlier steps.</param>
/// <param name="Threads">Threads that may work on it.</param>
internal sealed unsafe partial record TorchLinearCall(FusedLinear Form, Tensor? Visible, bool Causal, int Threads)
{
    /// <summary>The outputs, [N, H, L, m], laid out in memory like the queries.</summary>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="denominators">[N, H, L] to be written, or null.</param>
    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? denominators)
    {
        using var q = Rows(queries);
        using var k = Rows(keys);
        using var v = Rows(values);
        using var visible = Mask();
        var output = Like(queries, values.size(3));
        Form.Forward(Call(q, k, v, visible, output, denominators), Threads, FusedLinear.Lanes);
        return output;
    }

    /// <summary>The gradients of queries, keys and values, laid out like these.</summary>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    /// <param name="denominators">What <see cref="Forward"/> wrote.</param>
    /// <param name="gradient">The gradient that arrives at the output, [N, H, L, m].</param>
    public (Tensor Queries, Tensor Keys, Tensor Values) Backward(
        Tensor queries, Tensor keys, Tensor values, Tensor output, Tensor denominators, Tensor gradient)
    {
        using var q = Rows(queries);
        using var k = Rows(keys);
        using var v = Rows(values);
        using var g = Rows(gradient);
        using var visible = Mask();
        var gradients = (Queries: Like(queries, queries.size(3)), Keys: Like(keys, keys.size(3)), Values: Like(values, values.size(3)));
        Form.Backward(
            Call(q, k, v, visible, output, denominators),
            new LinearGradients
            {
                Output = Heads(g),
                Queries = Heads(gradients.Queries),
                Keys = Heads(gradients.Keys),
                Values = Heads(gradients.Values),
            },
            Threads,
            FusedLinear.Lanes);
        return gradients;
    }

    private LinearCall Call(Tensor queries, Tensor keys, Tensor values, Tensor? visible, Tensor output, Tensor? denominators) => new()
    {
        Sizes = new(
            (int)queries.size(0), (int)queries.size(1), checked((int)queries.size(2)), checked((int)keys.size(2)),
            (int)queries.size(3), (int)values.size(3), Causal),
        Queries = Heads(queries),
        Keys = Heads(keys),
        Values = Heads(values),
        Visible = visible is null ? default : new(Data(visible), visible.size(0) == 1 ? 0 : (nint)visible.stride(0), 0, (nint)visible.stride(1)),
        Output = Heads(output),
        Denominators = denominators is null
            ? default
            : new(Data(denominators), (nint)denominators.stride(0), (nint)denominators.stride(1), (nint)denominators.stride(2)),
    };

    private Tensor? Mask() => Visible is null ? null : Visible.dtype == ScalarType.Float32 ? Visible.alias() : Visible.to(ScalarType.Float32);

    // Numbers of a row are to be adjacent; everything else may be strided.
    private static Tensor Rows(Tensor tensor) => tensor.size(3) == 1 || tensor.stride(3) == 1 ? tensor.alias() : tensor.contiguous();

    // Heads that are a view of packed projections [N, L, H·d] give outputs that are one.
    private static Tensor Like(Tensor tensor, long width)
    {
        var (n, h, l) = (tensor.size(0), tensor.size(1), tensor.size(2));
        if (tensor.stride(1) >= tensor.stride(2))
        {
            return empty([n, h, l, width], ScalarType.Float32);
        }

        using var packed = empty([n, l, h, width], ScalarType.Float32);
        return packed.transpose(1, 2);
    }

    private static Heads Heads(Tensor tensor) =>
        new(Data(tensor), (nint)tensor.stride(0), (nint)tensor.stride(1), (nint)tensor.stride(2));

    private static float* Data(Tensor tensor) => (float*)DataOf(tensor.Handle);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint DataOf(nint tensor);
}
