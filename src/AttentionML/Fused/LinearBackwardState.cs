using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// What the backward pass of linear attention sums up over one head: of keys and values Σ vᵀb, [m, d], and z = Σ b, [d]; of queries and arriving
/// gradients R = Σ aᵀĝ, [d, m], Rᵀ, [m, d], and u = Σ c a, [d].
/// </summary>
internal readonly unsafe struct LinearBackwardState<V>
    where V : struct, IVector<V>
{
    public LinearBackwardState(Scratch scratch, FusedSizes sizes)
    {
        var (d, m) = (sizes.HeadDimension, sizes.ValueDimension);
        var data = scratch.Take(State<V>.Size(d, m) + 2 * State<V>.Size(m, d) + 2 * Vector(d));
        ValuesKeys = new(data, m, d);
        Normalizer = data + State<V>.Size(m, d);
        var queries = Normalizer + Vector(d);
        OfKeys = new(data, (int)(queries - data));
        QueriesArriving = new(queries, d, m);
        ArrivingQueries = new(queries + State<V>.Size(d, m), m, d);
        Slopes = queries + State<V>.Size(d, m) + State<V>.Size(m, d);
        OfQueries = new(queries, (int)(Slopes + Vector(d) - queries));
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

    /// <summary>Makes Rᵀ of R.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TransposeQueries() => ArrivingQueries.Transpose(QueriesArriving);

    public void Clear()
    {
        OfKeys.Clear();
        OfQueries.Clear();
    }

    private static int Vector(int width) => Block.RoundUp(width, V.Count);
}
