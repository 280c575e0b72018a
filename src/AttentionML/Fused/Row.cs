using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>What is done to one row. Rows in scratch memory are filled up to whole registers; other rows are not, and nothing is read or written behind them.</summary>
internal static unsafe class Row<V>
    where V : struct, IVector<V>
{
    /// <summary>to = from · factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(float* to, float* from, float factor, int width)
    {
        var by = V.Create(factor);
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            (V.Load(from + i) * by).Store(to + i);
        }

        for (; i < width; i++)
        {
            to[i] = from[i] * factor;
        }
    }

    /// <summary>to = f(from), in scratch memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Map<F>(float* to, float* from, int width)
        where F : struct, IPointwiseFunction
    {
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            F.Apply(V.Load(from + i)).Store(to + i);
        }

        for (; i < width; i++)
        {
            F.Apply(new FloatX1(from[i])).Store(to + i);
        }
    }

    /// <summary>to = (gradient + factor · sum) · f′(x): what arrives at f(x), carried on to x. <paramref name="gradient"/> and <paramref name="sum"/> are scratch memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyBySlope<F>(float* to, float* gradient, float* sum, float factor, float* x, int width)
        where F : struct, IPointwiseFunction
    {
        var by = V.Create(factor);
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            var slope = F.Apply(Dual<V>.Variable(V.Load(x + i))).Slope;
            (V.MultiplyAdd(by, V.Load(sum + i), V.Load(gradient + i)) * slope).Store(to + i);
        }

        for (; i < width; i++)
        {
            var slope = F.Apply(Dual<FloatX1>.Variable(new(x[i]))).Slope;
            (new FloatX1(gradient[i] + factor * sum[i]) * slope).Store(to + i);
        }
    }

    /// <summary>sum += factor · row, both in scratch memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* sum, float factor, float* row, int width)
    {
        var by = V.Create(factor);
        for (var i = 0; i < width; i += V.Count)
        {
            V.MultiplyAdd(by, V.Load(row + i), V.Load(sum + i)).Store(sum + i);
        }
    }

    /// <summary>left · right, the first in scratch memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* left, float* right, int width)
    {
        var sum = V.Create(0);
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            sum = V.MultiplyAdd(V.Load(left + i), V.Load(right + i), sum);
        }

        var rest = 0f;
        for (; i < width; i++)
        {
            rest += left[i] * right[i];
        }

        return sum.Sum() + rest;
    }
}
