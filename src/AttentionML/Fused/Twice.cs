using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>Two registers as one: a factor that is read once multiplies both, which keeps the arithmetic units busier than one does.</summary>
internal readonly unsafe struct Twice<T>(T low, T high) : ILanes<Twice<T>>
    where T : struct, IVector<T>
{
    private readonly T _low = low;
    private readonly T _high = high;

    public static int Count => 2 * T.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<T> Load(float* from) => new(T.Load(from), T.Load(from + T.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<T> MultiplyAdd(float* factor, Twice<T> x, Twice<T> sum)
    {
        var both = T.Create(*factor);
        return new(T.MultiplyAdd(both, x._low, sum._low), T.MultiplyAdd(both, x._high, sum._high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to)
    {
        _low.Store(to);
        _high.Store(to + T.Count);
    }
}
