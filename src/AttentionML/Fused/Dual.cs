using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>A value and its slope: arithmetic by the rules of differentiation, so that a function's own text gives its derivative.</summary>
/// <remarks>At a bend the slope is that of <see cref="IPointwise{T}"/>: 0 for relu at 0, 1 for a clamp at its bound.</remarks>
internal readonly struct Dual<T>(T value, T slope) : IPointwise<Dual<T>>
    where T : struct, IVector<T>
{
    public T Value { get; } = value;

    public T Slope { get; } = slope;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> operator +(Dual<T> left, Dual<T> right) => new(left.Value + right.Value, left.Slope + right.Slope);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> operator *(Dual<T> left, Dual<T> right) =>
        new(left.Value * right.Value, T.MultiplyAdd(left.Slope, right.Value, left.Value * right.Slope));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> operator /(Dual<T> left, Dual<T> right)
    {
        var quotient = left.Value / right.Value;
        return new(quotient, (left.Slope - quotient * right.Slope) / right.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> operator +(Dual<T> left, double right) => new(left.Value + right, left.Slope);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> operator *(Dual<T> left, double right) => new(left.Value * right, left.Slope * right);

    /// <summary>x itself, which has slope 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Dual<T> Variable(T x) => new(x, T.Create(1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Dual<T> Exp()
    {
        var value = Value.Exp();
        return new(value, value * Slope);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Dual<T> Relu() => new(Value.Relu(), T.WhereAtMost(Value, T.Create(0), T.Create(0), Slope));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Dual<T> AtMost(double ceiling) =>
        new(Value.AtMost(ceiling), T.WhereAtMost(Value, T.Create((float)ceiling), Slope, T.Create(0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Dual<T> AtLeast(double floor) =>
        new(Value.AtLeast(floor), T.WhereAtMost(T.Create((float)floor), Value, Slope, T.Create(0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Dual<T> Sqrt()
    {
        var value = Value.Sqrt();
        return new(value, Slope / (value + value));
    }
}
