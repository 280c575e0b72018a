using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionML.Fused;

/// <summary>8 numbers in a register of 256 bits.</summary>
internal unsafe struct FloatX8(Vector256<float> value) : IVector<FloatX8>
{
    private Vector256<float> _value = value;

    public static int Count => Vector256<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator +(FloatX8 left, FloatX8 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator -(FloatX8 left, FloatX8 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator *(FloatX8 left, FloatX8 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator /(FloatX8 left, FloatX8 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator +(FloatX8 left, double right) => left + Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 operator *(FloatX8 left, double right) => left * Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 Load(float* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* factor, FloatX8 x, ref FloatX8 sum) => AddProduct(Create(*factor), x, ref sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(FloatX8 left, FloatX8 right, ref FloatX8 sum) =>
        sum._value = Vector256.MultiplyAddEstimate(left._value, right._value, sum._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 Product(float* factor, FloatX8 x) => Create(*factor) * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 MultiplyAdd(FloatX8 left, FloatX8 right, FloatX8 sum) =>
        new(Vector256.MultiplyAddEstimate(left._value, right._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 WhereAtMost(FloatX8 left, FloatX8 right, FloatX8 then, FloatX8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThanOrEqual(left._value, right._value), then._value, otherwise._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 Max(FloatX8 left, FloatX8 right) => new(Vector256.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX8 PowerOfTwo(FloatX8 shifted) =>
        new(((shifted._value.AsInt32() << 23) + Vector256.Create(127 << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* to) => _value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddTo(float* to) => (Load(to) + this).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Sum() => Vector128.Sum(_value.GetLower() + _value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX8 Exp() => Exponential.Of(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX8 Relu() => AtLeast(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX8 AtMost(double ceiling) => WhereAtMost(Create((float)ceiling), this, Create((float)ceiling), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX8 AtLeast(double floor) => WhereAtMost(this, Create((float)floor), Create((float)floor), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX8 Sqrt() => new(Vector256.Sqrt(_value));
}
