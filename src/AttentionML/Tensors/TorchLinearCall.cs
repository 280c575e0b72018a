using AttentionML.Fused;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>One call of fused linear attention on torch's memory, which has a backward pass as well.</summary>
/// <param name="Linear">The kernel.</param>
/// <param name="Formula">The attention, operation by operation.</param>
/// <param name="Sizes">The sizes.</param>
/// <param name="Visible">The key mask, [N, S], or null.</param>
/// <param name="Threads">Threads that may work on it.</param>
internal sealed record TorchLinearCall(FusedLinear Linear, AttentionFormula<TorchTensor> Formula, FusedSizes Sizes, Tensor? Visible, int Threads)
    : TorchFusedCall(Linear, Sizes, Visible, Threads)
{
    /// <summary>The shapes of queries, keys and values.</summary>
    public IEnumerable<long[]> Shapes =>
    [
        [Sizes.BatchSize, Sizes.HeadCount, Sizes.QueryCount, Sizes.HeadDimension],
        [Sizes.BatchSize, Sizes.HeadCount, Sizes.KeyCount, Sizes.HeadDimension],
        [Sizes.BatchSize, Sizes.HeadCount, Sizes.KeyCount, Sizes.ValueDimension],
    ];

    /// <summary>
    /// Whether the forward pass keeps what keys and values add up to, so that the backward pass need not read them once more for it: not in causal
    /// attention, where it is another sum at every step, and not where it would take more memory than the values.
    /// </summary>
    public bool KeepsState => !Sizes.Causal && StateSize <= (long)Sizes.KeyCount * Sizes.ValueDimension;

    private int StateSize => Linear.StateSize(Sizes, FusedAttention.Lanes);

    /// <summary>Room for that, <see cref="FusedCall.State"/>.</summary>
    public Tensor MakeState() => empty([Sizes.BatchSize, Sizes.HeadCount, 1, StateSize], ScalarType.Float32);

    /// <summary>The gradients of queries, keys and values, laid out like these.</summary>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="output">What <see cref="TorchFusedCall.Forward"/> gave.</param>
    /// <param name="denominators">What <see cref="TorchFusedCall.Forward"/> wrote.</param>
    /// <param name="state">What it wrote besides, where it did.</param>
    /// <param name="gradient">The gradient that arrives at the output, [N, H, L, m].</param>
    public Tensor[] Backward(
        Tensor queries, Tensor keys, Tensor values, Tensor output, Tensor denominators, Tensor? state, Tensor gradient)
    {
        using var q = Rows(queries);
        using var k = Rows(keys);
        using var v = Rows(values);
        using var g = Rows(gradient);
        using var visible = Mask();
        var gradients = (Queries: Like(queries, queries.size(3)), Keys: Like(keys, keys.size(3)), Values: Like(values, values.size(3)));
        Linear.Backward(
            Call(q, k, v, visible, output, denominators, state),
            new LinearGradients
            {
                Output = Heads(g),
                Queries = Heads(gradients.Queries),
                Keys = Heads(gradients.Keys),
                Values = Heads(gradients.Values),
            },
            Threads,
            FusedAttention.Lanes);
        return [gradients.Queries, gradients.Keys, gradients.Values];
    }

    /// <summary>The same gradients as a part of libtorch's graph, so that they have gradients themselves; null for tensors that need none.</summary>
    /// <inheritdoc cref="Backward" path="/param"/>
    public Tensor?[] BackwardByFormula(Tensor queries, Tensor keys, Tensor values, Tensor gradient)
    {
        // Each a tensor of its own: self-attention may have passed one three times. An alias() would be the same one.
        Tensor[] inputs = [queries.view_as(queries), keys.view_as(keys), values.view_as(values)];
        var visible = Visible is null ? (TorchTensor?)null : new(Visible);
        var output = Formula(new(inputs[0]), new(inputs[1]), new(inputs[2]), new(visible, Sizes.Causal)).Value;
        var gradients = new Queue<Tensor>(autograd.grad(
            [output], [.. inputs.Where(input => input.requires_grad)], [gradient], retain_graph: true, create_graph: true));
        return [.. inputs.Select(input => input.requires_grad ? gradients.Dequeue() : null)];
    }
}
