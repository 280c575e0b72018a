using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// What the backward pass of linear attention sums up over one head: of keys and values Σ vᵀb, [m, d], and z = Σ b, [d]; of queries and arriving
/// gradients R = Σ aᵀĝ, [d, m], Rᵀ, [m, d], and u = Σ c a, [d].
/// </summary>
internal readonly unsafe struct LinearBackwardState<V>
    where V : struct, IVector<V>
{
    private readonly int _width;

    public LinearBackwardState(Scratch scratch, FusedSizes sizes)
    {
        var (d, m) = (sizes.HeadDimension, sizes.ValueDimension);
        _width = Block.RoundUp(d, V.Count);
        var data = scratch.Take(State<V>.Size(d, m) + 2 * State<V>.Size(m, d) + 2 * _width);
        ValuesKeys = new(data, m, d);
        Normalizer = data + State<V>.Size(m, d);
        var queries = Normalizer + _width;
        OfKeys = new(data, (int)(queries - data));
        QueriesArriving = new(queries, d, m);
        ArrivingQueries = new(queries + State<V>.Size(d, m), m, d);
        Slopes = queries + State<V>.Size(d, m) + State<V>.Size(m, d);
        OfQueries = new(queries, (int)(Slopes + _width - queries));
    }

    /// <summary>Σ vᵀb.</summary>
    public State<V> ValuesKeys { get; }

    /// <summary>z.</summary>
    public float* Normalizer { get; }

    /// <summary>R.</summary>
    public State<V> QueriesArriving { get; }

    /// <summary>Rᵀ.</summary>
    public State<V> ArrivingQueries { get; }

    /// <summary>u.</summary>
    public float* Slopes { get; }

    /// <summary>All that keys and values make.</summary>
    public Numbers<V> OfKeys { get; }

    /// <summary>All that queries and arriving gradients make.</summary>
    public Numbers<V> OfQueries { get; }

    /// <summary>Takes what keys and values make from the forward pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TakeKeys(LinearState<V> forward)
    {
        ValuesKeys.Transpose(forward.Products);
        new Numbers<V>(forward.Normalizer, _width).CopyTo(new(Normalizer, _width));
    }

    /// <summary>Makes Rᵀ of R.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TransposeQueries() => ArrivingQueries.Transpose(QueriesArriving);

    public void Clear()
    {
        OfKeys.Clear();
        OfQueries.Clear();
    }
}
