using TorchSharp;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>
/// Linear attention with φ = relu in the ways one writes it over libtorch's operations, over tensors [1, H, L, d]. The fused form has to beat
/// the best of them.
/// </summary>
internal sealed class TorchLinearForms(int heads, int length, int dimension)
{
    private const int LongBlock = 1024;

    // A Scalar made for one call may be finalized while native code reads it.
    private static readonly Scalar Epsilon = 1e-6f;

    private readonly Dictionary<int, Tensor> _triangles = [];

    /// <summary>φ(K)ᵀV first, operation by operation.</summary>
    public static Tensor Plain(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (q.relu(), k.relu());
        var denominators = a.matmul(b.sum(-2, keepdim: true).transpose(-2, -1)) + Epsilon;
        return a.matmul(b.transpose(-2, -1).matmul(v)) / denominators;
    }

    /// <summary>The same through Einstein sums.</summary>
    public static Tensor Einsum(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (q.relu(), k.relu());
        var denominators = einsum("bhnd,bhd->bhn", a, b.sum(-2)) + Epsilon;
        return einsum("bhnd,bhde->bhne", a, einsum("bhnd,bhne->bhde", b, v)) / denominators.unsqueeze(-1);
    }

    /// <summary>The same as batched products of matrices, with what can be done in place.</summary>
    public Tensor Batched(Tensor q, Tensor k, Tensor v)
    {
        var (a, b) = (Flat(q).relu(), Flat(k).relu());
        var bt = b.transpose(1, 2);
        var denominators = a.bmm(bt.sum(-1, keepdim: true)) + Epsilon;
        return a.bmm(bt.bmm(Flat(v))).div(denominators).view(1, heads, length, dimension);
    }

    /// <summary>In blocks whose temporaries stay in the caches; forward only.</summary>
    public Tensor Blocked(Tensor q, Tensor k, Tensor v)
    {
        var (s, z, output) = (zeros(heads, dimension, dimension), zeros(heads, dimension, 1), empty(heads, length, dimension));
        var (queries, keys, values) = (Flat(q), Flat(k), Flat(v));
        for (var start = 0; start < length; start += LongBlock)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(LongBlock, length - start);
            var bt = keys.narrow(1, start, count).relu().transpose(1, 2);
            s.add_(bt.bmm(values.narrow(1, start, count)));
            z.add_(bt.sum(-1, keepdim: true));
        }

        for (var start = 0; start < length; start += LongBlock)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(LongBlock, length - start);
            var a = queries.narrow(1, start, count).relu();
            output.narrow(1, start, count).copy_(a.bmm(s).div_(a.bmm(z).add_(Epsilon)));
        }

        return output.view(1, heads, length, dimension);
    }

    /// <summary>Causal, chunk after chunk with a running state; forward only.</summary>
    public Tensor Scan(int chunk, Tensor q, Tensor k, Tensor v)
    {
        var (s, z, output) = (zeros(heads, dimension, dimension), zeros(heads, dimension, 1), empty(heads, length, dimension));
        var (queries, keys, values) = (Flat(q), Flat(k), Flat(v));
        for (var start = 0; start < length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var a = queries.narrow(1, start, chunk).relu();
            var bt = keys.narrow(1, start, chunk).relu().transpose(1, 2);
            var values1 = values.narrow(1, start, chunk);
            var weights = a.bmm(bt).tril_();
            var denominators = weights.sum(-1, keepdim: true).add_(Epsilon).add_(a.bmm(z));
            output.narrow(1, start, chunk).copy_(weights.bmm(values1).add_(a.bmm(s)).div_(denominators));
            s.add_(bt.bmm(values1));
            z.add_(bt.sum(-1, keepdim: true));
        }

        return output.view(1, heads, length, dimension);
    }

    /// <summary>Causal, all chunks at once, the states before each by a product with a triangle of ones.</summary>
    public Tensor Prefix(int chunk, Tensor q, Tensor k, Tensor v)
    {
        var count = length / chunk;
        var (a, b, values) = (Chunks(q), Chunks(k), v.view(heads * count, chunk, dimension));
        var bt = b.transpose(1, 2);
        var weights = a.bmm(bt).tril();
        var triangle = Triangle(count);
        var s = triangle.matmul(bt.bmm(values).view(heads, count, dimension * dimension)).view(heads * count, dimension, dimension);
        var z = triangle.matmul(bt.sum(-1).view(heads, count, dimension)).view(heads * count, dimension, 1);
        var denominators = weights.sum(-1, keepdim: true) + a.bmm(z) + Epsilon;
        return ((weights.bmm(values) + a.bmm(s)) / denominators).view(1, heads, length, dimension);

        Tensor Chunks(Tensor x) => x.relu().view(heads * count, chunk, dimension);
    }

    private Tensor Triangle(int count)
    {
        if (!_triangles.TryGetValue(count, out var triangle))
        {
            using var _ = no_grad();
            triangle = ones(count, count).tril(-1).DetachFromDisposeScope();
            _triangles.Add(count, triangle);
        }

        return triangle;
    }

    private Tensor Flat(Tensor x) => x.view(heads, length, dimension);
}
