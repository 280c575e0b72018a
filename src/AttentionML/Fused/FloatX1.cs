using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>One number, for processors without SIMD.</summary>
internal readonly unsafe struct FloatX1(float value) : IVector<FloatX1>
{
    private readonly float _value = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator +(FloatX1 left, FloatX1 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator -(FloatX1 left, FloatX1 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator *(FloatX1 left, FloatX1 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator /(FloatX1 left, FloatX1 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator +(FloatX1 left, double right) => new(left._value + (float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 operator *(FloatX1 left, double right) => new(left._value * (float)right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 Load(float* from) => new(*from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 Create(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(float* factor, FloatX1 x, ref FloatX1 sum) => sum = MultiplyAdd(Create(*factor), x, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(FloatX1 left, FloatX1 right, ref FloatX1 sum) => sum = MultiplyAdd(left, right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 Product(float* factor, FloatX1 x) => Create(*factor) * x;

    // Two roundings where the processor has no fused operation: emulating one is many times slower.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 MultiplyAdd(FloatX1 left, FloatX1 right, FloatX1 sum) =>
        new(float.MultiplyAddEstimate(left._value, right._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 WhereAtMost(FloatX1 left, FloatX1 right, FloatX1 then, FloatX1 otherwise) =>
        left._value <= right._value ? then : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 Max(FloatX1 left, FloatX1 right) => new(float.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatX1 PowerOfTwo(FloatX1 shifted) =>
        new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted._value) << 23) + (127 << 23)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => *to = _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(float* to) => *to += _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatX1 Exp() => Exponential.Of(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatX1 Relu() => AtLeast(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatX1 AtMost(double ceiling) => WhereAtMost(Create((float)ceiling), this, Create((float)ceiling), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatX1 AtLeast(double floor) => WhereAtMost(this, Create((float)floor), Create((float)floor), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatX1 Sqrt() => new(MathF.Sqrt(_value));
}
