using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>Two registers as one: a factor that is read once multiplies both, which keeps the arithmetic units busier than one does.</summary>
internal unsafe struct Twice<T>(T low, T high) : ILanes<Twice<T>>
    where T : struct, IVector<T>
{
    private T _low = low;
    private T _high = high;

    public static int Count => 2 * T.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<T> Load(float* from) => new(T.Load(from), T.Load(from + T.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* factor, Twice<T> x, ref Twice<T> sum)
    {
        var both = T.Create(*factor);
        T.AddProduct(both, x._low, ref sum._low);
        T.AddProduct(both, x._high, ref sum._high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<T> Product(float* factor, Twice<T> x)
    {
        var both = T.Create(*factor);
        return new(both * x._low, both * x._high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* to)
    {
        _low.Store(to);
        _high.Store(to + T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddTo(float* to)
    {
        _low.AddTo(to);
        _high.AddTo(to + T.Count);
    }
}
