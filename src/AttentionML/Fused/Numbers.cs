using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>All numbers of a state, padding included.</summary>
internal readonly unsafe struct Numbers<V>
    where V : struct, IVector<V>
{
    private readonly float* _data;
    private readonly int _length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Numbers(float* data, int length)
    {
        _data = data;
        _length = length;
    }

    public void Clear() => new Span<float>(_data, _length).Clear();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CopyTo(Numbers<V> other) => new Span<float>(_data, _length).CopyTo(new Span<float>(other._data, other._length));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(Numbers<V> other) => Row<V>.Add(_data, 1, other._data, _length);
}
