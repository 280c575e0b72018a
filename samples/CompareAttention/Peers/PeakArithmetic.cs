using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CompareAttention.Peers;

/// <summary>What one core can do at most: multiply-adds in registers alone.</summary>
internal static class PeakArithmetic
{
    private const int Calls = 20_000;
    private const int Chains = 12;
    private static float _sink;

    /// <summary>Operations of one <see cref="Run"/>, a multiply-add being two.</summary>
    public static double Flops => 2.0 * Chains * Calls * (Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count);

    /// <summary>Computes; timed beside the forms, so that whatever slows the machine slows both.</summary>
    public static void Run()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Multiply<Of512>();
        }
        else
        {
            Multiply<Of256>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<T>()
        where T : struct, IRegister<T>
    {
        T a = default, b = default, c = default, d = default, e = default, f = default;
        T g = default, h = default, i = default, j = default, k = default, l = default;
        var (x, y) = (T.Create(1e-9f), T.Create(1f));
        for (var call = 0; call < Calls; call++)
        {
            a = T.MultiplyAdd(x, y, a);
            b = T.MultiplyAdd(x, y, b);
            c = T.MultiplyAdd(x, y, c);
            d = T.MultiplyAdd(x, y, d);
            e = T.MultiplyAdd(x, y, e);
            f = T.MultiplyAdd(x, y, f);
            g = T.MultiplyAdd(x, y, g);
            h = T.MultiplyAdd(x, y, h);
            i = T.MultiplyAdd(x, y, i);
            j = T.MultiplyAdd(x, y, j);
            k = T.MultiplyAdd(x, y, k);
            l = T.MultiplyAdd(x, y, l);
        }

        _sink = new[] { a, b, c, d, e, f, g, h, i, j, k, l }.Sum(T.Sum);
    }

    private interface IRegister<T>
    {
        static abstract T Create(float value);

        static abstract T MultiplyAdd(T left, T right, T addend);

        static abstract float Sum(T register);
    }

    private readonly struct Of512(Vector512<float> value) : IRegister<Of512>
    {
        private readonly Vector512<float> _value = value;

        public static Of512 Create(float value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Of512 MultiplyAdd(Of512 left, Of512 right, Of512 addend) => new(Vector512.MultiplyAddEstimate(left._value, right._value, addend._value));

        public static float Sum(Of512 register) => Vector512.Sum(register._value);
    }

    private readonly struct Of256(Vector256<float> value) : IRegister<Of256>
    {
        private readonly Vector256<float> _value = value;

        public static Of256 Create(float value) => new(Vector256.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Of256 MultiplyAdd(Of256 left, Of256 right, Of256 addend) => new(Vector256.MultiplyAddEstimate(left._value, right._value, addend._value));

        public static float Sum(Of256 register) => Vector256.Sum(register._value);
    }
}
