using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// One block of steps in scratch memory, row by row, as the inner loops want it: zeros fill the rows up to whole registers and the block up
/// to whole tiles.
/// </summary>
internal readonly unsafe struct Panel<V>
    where V : struct, IVector<V>
{
    private readonly float* _data;

    /// <summary>Takes room for a block.</summary>
    public Panel(Scratch scratch, int width)
    {
        Width = width;
        Stride = Block.RoundUp(Block.RoundUp(width, Block.Rows), V.Count);
        _data = scratch.Take(Block.Steps * Stride);
    }

    public int Width { get; }

    /// <summary>Numbers from one row to the next.</summary>
    public nint Stride { get; }

    public float* this[nint step]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _data + step * Stride;
    }

    /// <summary>The rows.</summary>
    public Steps Steps => new(_data, Stride);

    /// <summary>Copies rows in, each times its factor where there are factors; a hidden row becomes zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Copy(Steps from, Steps visible, float* factors, int count)
    {
        for (var step = 0; step < count; step++)
        {
            if (IsHidden(visible, step))
            {
                Clear(step);
            }
            else
            {
                Row<V>.Scale(this[step], from[step], factors is null ? 1 : factors[step], Width);
            }
        }

        FillUp(count);
    }

    /// <summary>Puts f of the rows in; a hidden row becomes zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Map<F>(Steps from, Steps visible, int count)
        where F : struct, IPointwiseFunction
    {
        for (var step = 0; step < count; step++)
        {
            if (IsHidden(visible, step))
            {
                Clear(step);
            }
            else
            {
                Row<V>.Map<F>(this[step], from[step], Width);
            }
        }

        FillUp(count);
    }

    /// <summary>
    /// sum += the sum of the first rows, each times its factor where there are factors; all in scratch memory. Factors stand for whole tiles: those of
    /// rows that only fill one up have to be numbers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddTo(float* sum, int count, float* factors = null)
    {
        for (nint i = 0; i < Width; i += V.Count)
        {
            V s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
            var row = _data + i;
            for (nint step = 0; step < count; step += Block.Rows)
            {
                if (factors is null)
                {
                    s0 += V.Load(row);
                    s1 += V.Load(row + Stride);
                    s2 += V.Load(row + 2 * Stride);
                    s3 += V.Load(row + 3 * Stride);
                    s4 += V.Load(row + 4 * Stride);
                    s5 += V.Load(row + 5 * Stride);
                }
                else
                {
                    V.AddProduct(factors + step, V.Load(row), ref s0);
                    V.AddProduct(factors + step + 1, V.Load(row + Stride), ref s1);
                    V.AddProduct(factors + step + 2, V.Load(row + 2 * Stride), ref s2);
                    V.AddProduct(factors + step + 3, V.Load(row + 3 * Stride), ref s3);
                    V.AddProduct(factors + step + 4, V.Load(row + 4 * Stride), ref s4);
                    V.AddProduct(factors + step + 5, V.Load(row + 5 * Stride), ref s5);
                }

                row += Block.Rows * Stride;
            }

            (s0 + s1 + (s2 + s3) + (s4 + s5)).AddTo(sum + i);
        }
    }

    /// <summary>sums[t] = row t · <paramref name="vector"/>; both in scratch memory, with room for whole tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Dot(float* vector, float* sums, int count)
    {
        for (var step = 0; step < count; step += Block.Rows)
        {
            V s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
            var row = this[step];
            for (nint i = 0; i < Width; i += V.Count)
            {
                var x = V.Load(vector + i);
                V.AddProduct(V.Load(row + i), x, ref s0);
                V.AddProduct(V.Load(row + Stride + i), x, ref s1);
                V.AddProduct(V.Load(row + 2 * Stride + i), x, ref s2);
                V.AddProduct(V.Load(row + 3 * Stride + i), x, ref s3);
                V.AddProduct(V.Load(row + 4 * Stride + i), x, ref s4);
                V.AddProduct(V.Load(row + 5 * Stride + i), x, ref s5);
            }

            Store(sums + step, s0, s1, s2, s3, s4, s5);
        }
    }

    /// <summary>AddTo and Dot step by step: vector += row t of <paramref name="added"/>, then sums[t] = row t · vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(Panel<V> added, float* vector, float* sums, int count)
    {
        for (var step = 0; step < count; step += Block.Rows)
        {
            V s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
            var row = this[step];
            var more = added[step];
            for (nint i = 0; i < Width; i += V.Count)
            {
                var x = V.Load(vector + i) + V.Load(more + i);
                V.AddProduct(V.Load(row + i), x, ref s0);
                x += V.Load(more + Stride + i);
                V.AddProduct(V.Load(row + Stride + i), x, ref s1);
                x += V.Load(more + 2 * Stride + i);
                V.AddProduct(V.Load(row + 2 * Stride + i), x, ref s2);
                x += V.Load(more + 3 * Stride + i);
                V.AddProduct(V.Load(row + 3 * Stride + i), x, ref s3);
                x += V.Load(more + 4 * Stride + i);
                V.AddProduct(V.Load(row + 4 * Stride + i), x, ref s4);
                x += V.Load(more + 5 * Stride + i);
                V.AddProduct(V.Load(row + 5 * Stride + i), x, ref s5);
                x.Store(vector + i);
            }

            Store(sums + step, s0, s1, s2, s3, s4, s5);
        }
    }

    /// <summary>Whether the first rows hold neither NaN nor infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool IsFinite(int count)
    {
        // x · 0 is 0 for every finite x, and NaN for any other.
        var sum = V.Create(0);
        for (nint i = 0; i < count * Stride; i += V.Count)
        {
            sum = V.MultiplyAdd(V.Load(_data + i), V.Create(0), sum);
        }

        return sum.Sum() == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsHidden(Steps visible, nint step) => !visible.IsNull && *visible[step] == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* sums, V s0, V s1, V s2, V s3, V s4, V s5)
    {
        sums[0] = s0.Sum();
        sums[1] = s1.Sum();
        sums[2] = s2.Sum();
        sums[3] = s3.Sum();
        sums[4] = s4.Sum();
        sums[5] = s5.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Clear(int step) => new Span<float>(this[step], Width).Clear();

    // What does not fill a tile is filled up with rows that add nothing.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillUp(int count)
    {
        for (var step = count; step % Block.Rows != 0; step++)
        {
            Clear(step);
        }
    }
}
