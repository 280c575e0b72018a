using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionML.Fused;

/// <summary>16 numbers in a register of 512 bits.</summary>
internal unsafe struct FloatX16(Vector512<float> value) : IVector<FloatX16>
{
    private Vector512<float> _value = value;

    public static int Count => Vector512<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator +(FloatX16 left, FloatX16 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator -(FloatX16 left, FloatX16 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator *(FloatX16 left, FloatX16 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator /(FloatX16 left, FloatX16 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator +(FloatX16 left, double right) => left + Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 operator *(FloatX16 left, double right) => left * Create((float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* factor, FloatX16 x, ref FloatX16 sum) => AddProduct(Create(*factor), x, ref sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(FloatX16 left, FloatX16 right, ref FloatX16 sum) =>
        sum._value = Vector512.MultiplyAddEstimate(left._value, right._value, sum._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 Product(float* factor, FloatX16 x) => Create(*factor) * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 MultiplyAdd(FloatX16 left, FloatX16 right, FloatX16 sum) =>
        new(Vector512.MultiplyAddEstimate(left._value, right._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 WhereAtMost(FloatX16 left, FloatX16 right, FloatX16 then, FloatX16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThanOrEqual(left._value, right._value), then._value, otherwise._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 Max(FloatX16 left, FloatX16 right) => new(Vector512.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX16 PowerOfTwo(FloatX16 shifted) =>
        new(((shifted._value.AsInt32() << 23) + Vector512.Create(127 << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* to) => _value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddTo(float* to) => (Load(to) + this).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Sum() => new FloatX8(_value.GetLower() + _value.GetUpper()).Sum();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX16 Exp() => Exponential.Of(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX16 Relu() => AtLeast(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX16 AtMost(double ceiling) => WhereAtMost(Create((float)ceiling), this, Create((float)ceiling), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX16 AtLeast(double floor) => WhereAtMost(this, Create((float)floor), Create((float)floor), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FloatX16 Sqrt() => new(Vector512.Sqrt(_value));
}
