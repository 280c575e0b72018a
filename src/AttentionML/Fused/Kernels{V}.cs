using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>The kernels over one kind of register.</summary>
internal sealed unsafe class Kernels<V> : Kernels
    where V : struct, IVector<V>
{
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override int Lanes => V.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Multiply(
        float* output, nint outputStride, float* left, nint leftStride, float* packed, float* bias, int rows, int depth, int columns)
    {
        // What is left over at the lower and right edge goes through here.
        var edge = stackalloc float[Block.Rows * 2 * V.Count];
        for (var column = 0; column < columns;)
        {
            var width = PackedMatrix.StripWidth(column, columns, V.Count);
            var strip = packed + (nint)column * depth;
            var ofStrip = bias is null ? null : bias + column;
            var used = int.Min(width, columns - column);
            for (var row = 0; row < rows; row += Block.Rows)
            {
                var count = int.Min(Block.Rows, rows - row);
                var isWhole = count == Block.Rows && used == width;
                var (to, stride) = isWhole ? ((nint)(output + row * outputStride + column), outputStride) : ((nint)edge, width);
                if (width == V.Count)
                {
                    Tiles<V>.Multiply((float*)to, stride, left + row * leftStride, leftStride, count, strip, depth, ofStrip);
                }
                else
                {
                    Tiles<Twice<V>>.Multiply((float*)to, stride, left + row * leftStride, leftStride, count, strip, depth, ofStrip);
                }

                for (var i = 0; !isWhole && i < count; i++)
                {
                    new ReadOnlySpan<float>(edge + i * width, used).CopyTo(new Span<float>(output + (row + i) * outputStride + column, used));
                }
            }

            column += width;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Normalize(float* output, float* x, float* scale, float* shift, int rows, int width)
    {
        for (var row = 0; row < rows; row++)
        {
            var mean = Sum(x, width) / width;
            var factor = 1 / MathF.Sqrt(SumOfSquares(x, mean, width) / width + Epsilon);
            var (centre, by) = (V.Create(mean), V.Create(factor));
            var i = 0;
            for (; i <= width - V.Count; i += V.Count)
            {
                V.MultiplyAdd((V.Load(x + i) - centre) * by, V.Load(scale + i), V.Load(shift + i)).Store(output + i);
            }

            for (; i < width; i++)
            {
                output[i] = (x[i] - mean) * factor * scale[i] + shift[i];
            }

            x += width;
            output += width;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Softmax(float* output, float* x, int rows, int width)
    {
        for (var row = 0; row < rows; row++)
        {
            var largest = TensorPrimitives.Max(new ReadOnlySpan<float>(x, width));
            var (shift, sums, sum) = (V.Create(largest), V.Create(0), 0f);
            var i = 0;
            for (; i <= width - V.Count; i += V.Count)
            {
                var e = (V.Load(x + i) - shift).Exp();
                e.Store(output + i);
                sums += e;
            }

            for (; i < width; i++)
            {
                (new FloatX1(x[i]) - FloatX1.Create(largest)).Exp().Store(output + i);
                sum += output[i];
            }

            Row<V>.Scale(output, output, 1 / (sum + sums.Sum()), width);
            x += width;
            output += width;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Gelu(float* output, float* x, int count) => Row<V>.Map<GeluFunction>(output, x, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(float* x, int width)
    {
        var (sums, rest) = (V.Create(0), 0f);
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            sums += V.Load(x + i);
        }

        for (; i < width; i++)
        {
            rest += x[i];
        }

        return sums.Sum() + rest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SumOfSquares(float* x, float mean, int width)
    {
        var (centre, sums, rest) = (V.Create(mean), V.Create(0), 0f);
        var i = 0;
        for (; i <= width - V.Count; i += V.Count)
        {
            var difference = V.Load(x + i) - centre;
            sums = V.MultiplyAdd(difference, difference, sums);
        }

        for (; i < width; i++)
        {
            rest += (x[i] - mean) * (x[i] - mean);
        }

        return sums.Sum() + rest;
    }
}
