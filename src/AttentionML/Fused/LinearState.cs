using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>What linear attention keeps of keys and values: S = Σ φ(k)ᵀv, [d, m], and z = Σ φ(k), [d].</summary>
internal readonly unsafe struct LinearState<V>
    where V : struct, IVector<V>
{
    private readonly float* _data;
    private readonly int _size;

    /// <summary>A state in memory of <see cref="Size"/> numbers.</summary>
    public LinearState(float* data, FusedSizes sizes)
    {
        _data = data;
        _size = Size(sizes);
        Products = new(data, sizes.HeadDimension, sizes.ValueDimension);
        Normalizer = data + State<V>.Size(sizes.HeadDimension, sizes.ValueDimension);
    }

    public State<V> Products { get; }

    public float* Normalizer { get; }

    /// <summary>Numbers, padding included.</summary>
    public static int Size(FusedSizes sizes) =>
        State<V>.Size(sizes.HeadDimension, sizes.ValueDimension) + Block.RoundUp(sizes.HeadDimension, V.Count);

    public void Clear() => new Span<float>(_data, _size).Clear();

    public void CopyTo(LinearState<V> other) => new Span<float>(_data, _size).CopyTo(new Span<float>(other._data, _size));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(LinearState<V> other) => Row<V>.Add(_data, 1, other._data, _size);
}
