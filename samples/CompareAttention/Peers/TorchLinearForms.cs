using AttentionML.Mechanisms;
using TorchSharp;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>
/// Linear attention in the ways one writes it over libtorch's operations, over tensors [N, H, L, d]. The fused form has to beat the best of them.
/// </summary>
/// <param name="map">φ.</param>
internal sealed class TorchLinearForms(Func<Tensor, Tensor> map)
{
    private const int LongBlock = 1024;

    // A Scalar made for one call may be finalized while native code reads it.
    private static readonly Scalar Epsilon = 1e-6f;
    private static readonly Scalar One = 1;

    private readonly Dictionary<long, Tensor> _triangles = [];

    private static readonly TorchLinearForms Relu = new(x => x.relu());
    private static readonly TorchLinearForms Elu = new(x => nn.functional.elu(x, 1).add_(One));

    /// <summary>Those of <see cref="AttentionMechanism.LinearRelu"/> or <see cref="AttentionMechanism.LinearElu"/>.</summary>
    public static TorchLinearForms Of(AttentionMechanism mechanism) => mechanism == AttentionMechanism.LinearRelu ? Relu
        : mechanism == AttentionMechanism.LinearElu ? Elu
        : throw new ArgumentException($"'{mechanism}' was given; forms are written for {AttentionMechanism.LinearRelu} and {AttentionMechanism.LinearElu}.", nameof(mechanism));

    /// <summary>The forms of one direction; with gradients those that have them.</summary>
    public IReadOnlyList<(string Name, Func<Tensor, Tensor, Tensor, Tensor> Attend)> All(bool causal, bool gradients) => (causal, gradients) switch
    {
        (false, false) => [("plain", Plain), ("einsum", Einsum), ("bmm", Batched), ("blocked", Blocked)],
        (false, true) => [("plain", Plain), ("einsum", Einsum), ("bmm", Batched)],
        (true, false) => [("scan 32", Scan(32)), ("scan 64", Scan(64)), ("prefix 64", Prefix(64))],
        (true, true) => [("prefix 64", Prefix(64))],
    };

    // φ(K)ᵀV first, operation by operation.
    private Tensor Plain(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (map(q), map(k));
        var denominators = a.matmul(b.sum(-2, keepdim: true).transpose(-2, -1)) + Epsilon;
        return a.matmul(b.transpose(-2, -1).matmul(v)) / denominators;
    }

    // The same through Einstein sums.
    private Tensor Einsum(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (map(q), map(k));
        var denominators = einsum("bhnd,bhd->bhn", a, b.sum(-2)) + Epsilon;
        return einsum("bhnd,bhde->bhne", a, einsum("bhnd,bhne->bhde", b, v)) / denominators.unsqueeze(-1);
    }

    // The same as batched products of matrices.
    private Tensor Batched(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (map(Flat(q)), map(Flat(k)));
        var bt = b.transpose(1, 2);
        var denominators = a.bmm(bt.sum(-1, keepdim: true)) + Epsilon;
        return a.bmm(bt.bmm(Flat(v))).div(denominators).view(v.shape);
    }

    // In blocks whose temporaries stay in the caches; forward only.
    private Tensor Blocked(Tensor q, Tensor k, Tensor v)
    {
        var (queries, keys, values) = (Flat(q), Flat(k), Flat(v));
        var (heads, length, dimension) = (values.size(0), values.size(1), values.size(2));
        var (s, z, output) = (zeros(heads, dimension, dimension), zeros(heads, dimension, 1), empty(heads, length, dimension));
        for (long start = 0; start < length; start += LongBlock)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(LongBlock, length - start);
            var bt = map(keys.narrow(1, start, count)).transpose(1, 2);
            s.add_(bt.bmm(values.narrow(1, start, count)));
            z.add_(bt.sum(-1, keepdim: true));
        }

        for (long start = 0; start < length; start += LongBlock)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(LongBlock, length - start);
            var a = map(queries.narrow(1, start, count));
            output.narrow(1, start, count).copy_(a.bmm(s).div_(a.bmm(z).add_(Epsilon)));
        }

        return output.view(v.shape);
    }

    // Causal, chunk after chunk with a running state; forward only.
    private Func<Tensor, Tensor, Tensor, Tensor> Scan(int longest) => (q, k, v) =>
    {
        var (queries, keys, values) = (Flat(q), Flat(k), Flat(v));
        var (heads, length, dimension) = (values.size(0), values.size(1), values.size(2));
        var (s, z, output) = (zeros(heads, dimension, dimension), zeros(heads, dimension, 1), empty(heads, length, dimension));
        var chunk = Chunk(length, longest);
        for (long start = 0; start < length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var a = map(queries.narrow(1, start, chunk));
            var bt = map(keys.narrow(1, start, chunk)).transpose(1, 2);
            var values1 = values.narrow(1, start, chunk);
            var weights = a.bmm(bt).tril_();
            var denominators = weights.sum(-1, keepdim: true).add_(Epsilon).add_(a.bmm(z));
            output.narrow(1, start, chunk).copy_(weights.bmm(values1).add_(a.bmm(s)).div_(denominators));
            s.add_(bt.bmm(values1));
            z.add_(bt.sum(-1, keepdim: true));
        }

        return output.view(v.shape);
    };

    // Causal, all chunks at once, the states before each by a product with a triangle of ones.
    private Func<Tensor, Tensor, Tensor, Tensor> Prefix(int longest) => (q, k, v) =>
    {
        var (heads, length, dimension) = (v.size(0) * v.size(1), v.size(2), v.size(3));
        var chunk = Chunk(length, longest);
        var count = length / chunk;
        var (a, b, values) = (map(Chunks(q)), map(Chunks(k)), Chunks(v));
        var bt = b.transpose(1, 2);
        var weights = a.bmm(bt).tril();
        var triangle = Triangle(count);
        var s = triangle.matmul(bt.bmm(values).view(heads, count, dimension * dimension)).view(heads * count, dimension, dimension);
        var z = triangle.matmul(bt.sum(-1).view(heads, count, dimension)).view(heads * count, dimension, 1);
        var denominators = weights.sum(-1, keepdim: true) + a.bmm(z) + Epsilon;
        return ((weights.bmm(values) + a.bmm(s)) / denominators).view(v.shape);

        Tensor Chunks(Tensor x) => x.reshape(heads * count, chunk, dimension);
    };

    private Tensor Triangle(long count)
    {
        if (!_triangles.TryGetValue(count, out var triangle))
        {
            using var mode = inference_mode(false); // it is kept, and gradients may flow past it later
            using var _ = no_grad();
            triangle = ones(count, count).tril(-1).DetachFromDisposeScope();
            _triangles.Add(count, triangle);
        }

        return triangle;
    }

    // Chunks have to be equal.
    private static long Chunk(long length, int longest)
    {
        var chunk = Math.Min(longest, length);
        while (length % chunk != 0)
        {
            chunk--;
        }

        return chunk;
    }

    private static Tensor Flat(Tensor x) => x.reshape(x.size(0) * x.size(1), x.size(2), x.size(3));
}
