using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>What linear attention keeps of the keys and values of one or more heads: of each S = Σ φ(k)ᵀv, [d, m], and z = Σ φ(k), [d].</summary>
internal readonly unsafe struct LinearState<V>
    where V : struct, IVector<V>
{
    private readonly FusedSizes _sizes;
    private readonly float* _data;
    private readonly int _heads;

    /// <summary>A state in memory of <see cref="Size"/> numbers a head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LinearState(float* data, FusedSizes sizes, int heads = 1)
    {
        (_sizes, _heads) = (sizes, heads);
        _data = data;
    }

    public LinearState(Scratch scratch, FusedSizes sizes, int heads)
        : this(scratch.Take((nint)heads * Size(sizes)), sizes, heads)
    {
    }

    /// <summary>The state of one of the heads.</summary>
    public LinearState<V> this[int head]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_data + (nint)head * Size(_sizes), _sizes);
    }

    /// <summary>S of the first head.</summary>
    public State<V> Products
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_data, _sizes.HeadDimension, _sizes.ValueDimension);
    }

    /// <summary>z of the first head.</summary>
    public float* Normalizer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _data + State<V>.Size(_sizes.HeadDimension, _sizes.ValueDimension);
    }

    /// <summary>Where a call keeps that of a head for the backward pass.</summary>
    /// <param name="call">A call with a <see cref="FusedCall.State"/>.</param>
    /// <param name="head">One of all N · H heads.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LinearState<V> Kept(in FusedCall call, int head)
    {
        var (sequence, of) = int.DivRem(head, call.Sizes.HeadCount);
        return new(call.State[sequence, of][0], call.Sizes);
    }

    /// <summary>Keeps that of one head for the backward pass, where the call asks for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void KeepFor(in FusedCall call, int head)
    {
        if (!call.State.IsNull)
        {
            All.CopyTo(Kept(in call, head).All);
        }
    }

    /// <summary>All of it.</summary>
    public Numbers<V> All
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_data, _heads * Size(_sizes));
    }

    /// <summary>Numbers of a head, padding included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size(FusedSizes sizes) =>
        State<V>.Size(sizes.HeadDimension, sizes.ValueDimension) + Block.RoundUp(sizes.HeadDimension, V.Count);
}
