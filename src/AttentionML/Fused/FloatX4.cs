using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionML.Fused;

/// <summary>4 numbers in a register of 128 bits.</summary>
internal unsafe struct FloatX4(Vector128<float> value) : IVector<FloatX4>
{
    private Vector128<float> _value = value;

    public static int Count => Vector128<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator +(FloatX4 left, FloatX4 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator -(FloatX4 left, FloatX4 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator *(FloatX4 left, FloatX4 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator /(FloatX4 left, FloatX4 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator +(FloatX4 left, double right) => left + Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 operator *(FloatX4 left, double right) => left * Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 Load(float* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* factor, FloatX4 x, ref FloatX4 sum) => AddProduct(Create(*factor), x, ref sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(FloatX4 left, FloatX4 right, ref FloatX4 sum) =>
        sum._value = Vector128.MultiplyAddEstimate(left._value, right._value, sum._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 Product(float* factor, FloatX4 x) => Create(*factor) * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 MultiplyAdd(FloatX4 left, FloatX4 right, FloatX4 sum) =>
        new(Vector128.MultiplyAddEstimate(left._value, right._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 WhereAtMost(FloatX4 left, FloatX4 right, FloatX4 then, FloatX4 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThanOrEqual(left._value, right._value), then._value, otherwise._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 Max(FloatX4 left, FloatX4 right) => new(Vector128.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX4 PowerOfTwo(FloatX4 shifted) =>
        new(((shifted._value.AsInt32() << 23) + Vector128.Create(127 << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* to) => _value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddTo(float* to) => (Load(to) + this).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Sum() => Vector128.Sum(_value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX4 Exp() => Exponential.Of(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX4 Relu() => AtLeast(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX4 AtMost(double ceiling) => WhereAtMost(Create((float)ceiling), this, Create((float)ceiling), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX4 AtLeast(double floor) => WhereAtMost(this, Create((float)floor), Create((float)floor), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX4 Sqrt() => new(Vector128.Sqrt(_value));
}
