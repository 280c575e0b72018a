using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>One call of fused linear attention on torch's memory, which has a backward pass as well.</summary>
/// <inheritdoc/>
internal sealed record TorchLinearCall(FusedLinear Linear, FusedSizes Sizes, Tensor? Visible, int Threads)
    : TorchFusedCall(Linear, Sizes, Visible, Threads)
{
    /// <summary>The gradients of queries, keys and values, laid out like these.</summary>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="output">What <see cref="TorchFusedCall.Forward"/> gave.</param>
    /// <param name="denominators">What <see cref="TorchFusedCall.Forward"/> wrote.</param>
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
        Linear.Backward(
            Call(q, k, v, visible, output, denominators),
            new LinearGradients
            {
                Output = Heads(g),
                Queries = Heads(gradients.Queries),
                Keys = Heads(gradients.Keys),
                Values = Heads(gradients.Values),
            },
            Threads,
            FusedAttention.Lanes);
        return gradients;
    }
}
