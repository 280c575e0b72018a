using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The inner loops: products of blocks over one strip of columns, as wide as T. Blocks stand row by row in padded memory, the
/// state's strip row by row without a gap. Twelve sums stay in registers, enough to hide the latency of multiply-add.
/// </summary>
/// <remarks>
/// Everything on the way down to here is compiled in full at once: the runtime would otherwise start with slow code, and a machine that is
/// busy keeps it for long (measured: 5 times the processor time over 20 seconds).
/// </remarks>
internal static unsafe class Tiles<T>
    where T : struct, ILanes<T>
{
    /// <summary>
    /// state += leftᵀ · right: the products of the two rows of all steps, summed up on their own first, for each loses more the larger what it is
    /// added to.
    /// </summary>
    /// <param name="state">[rows, width of the strip]; rows a multiple of <see cref="Block.Rows"/>.</param>
    /// <param name="rows">Columns of <paramref name="left"/> that are used.</param>
    /// <param name="left">[steps, at least rows].</param>
    /// <param name="leftStride">From one row of <paramref name="left"/> to the next.</param>
    /// <param name="right">[steps, width of the strip].</param>
    /// <param name="rightStride">From one row of <paramref name="right"/> to the next.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate(float* state, int rows, float* left, nint leftStride, float* right, nint rightStride, int steps, Ahead ahead)
    {
        for (var row = 0; row < rows; row += Block.Rows)
        {
            ahead.Ask();
            T s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
            var a = left + row;
            var b = right;
            for (var step = 0; step < steps; step++)
            {
                var x = T.Load(b);
                T.AddProduct(a, x, ref s0);
                T.AddProduct(a + 1, x, ref s1);
                T.AddProduct(a + 2, x, ref s2);
                T.AddProduct(a + 3, x, ref s3);
                T.AddProduct(a + 4, x, ref s4);
                T.AddProduct(a + 5, x, ref s5);
                a += leftStride;
                b += rightStride;
            }

            s0.AddTo(state);
            s1.AddTo(state + T.Count);
            s2.AddTo(state + 2 * T.Count);
            s3.AddTo(state + 3 * T.Count);
            s4.AddTo(state + 4 * T.Count);
            s5.AddTo(state + 5 * T.Count);
            state += Block.Rows * T.Count;
        }
    }

    /// <summary>output = left · state.</summary>
    /// <param name="output">[steps, width of the strip]; room for a multiple of <see cref="Block.Rows"/> steps.</param>
    /// <param name="outputStride">From one row of <paramref name="output"/> to the next.</param>
    /// <param name="left">[steps, at least rows]; room for a multiple of <see cref="Block.Rows"/> steps.</param>
    /// <param name="leftStride">From one row of <paramref name="left"/> to the next.</param>
    /// <param name="state">[rows, width of the strip].</param>
    /// <param name="rows">Rows of the state.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    /// <param name="factors">What each row of <paramref name="output"/> is multiplied by, for as many steps as there is room; null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(float* output, nint outputStride, float* left, nint leftStride, float* state, int rows, int steps, Ahead ahead, float* factors = null)
    {
        for (var step = 0; step < steps; step += Block.Rows)
        {
            ahead.Ask();
            Multiply(output, outputStride, left, leftStride, Block.Rows, state, rows, bias: null, factors is null ? null : factors + step);
            left += Block.Rows * leftStride;
            output += Block.Rows * outputStride;
        }
    }

    /// <summary>output = bias + left · strip.</summary>
    /// <param name="output">[six rows, width of the strip]; rows beyond <paramref name="rows"/> are copies of the last.</param>
    /// <param name="outputStride">From one row of <paramref name="output"/> to the next.</param>
    /// <param name="left">[rows, depth].</param>
    /// <param name="leftStride">From one row of <paramref name="left"/> to the next.</param>
    /// <param name="rows">Rows of <paramref name="left"/> that there are, 1 to 6.</param>
    /// <param name="strip">[depth, width of the strip].</param>
    /// <param name="depth">The products in a sum.</param>
    /// <param name="bias">[width of the strip]; null for none.</param>
    /// <param name="factors">What each of the six rows is multiplied by in the end; null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* output, nint outputStride, float* left, nint leftStride, int rows, float* strip, int depth, float* bias, float* factors = null)
    {
        T o0 = default, o1 = default, o2 = default, o3 = default, o4 = default, o5 = default;
        if (bias is not null)
        {
            o0 = o1 = o2 = o3 = o4 = o5 = T.Load(bias);
        }

        var last = left + (rows - 1) * leftStride;
        var a0 = left;
        var a1 = rows > 1 ? left + leftStride : last;
        var a2 = rows > 2 ? left + 2 * leftStride : last;
        var a3 = rows > 3 ? left + 3 * leftStride : last;
        var a4 = rows > 4 ? left + 4 * leftStride : last;
        var a5 = last;
        for (nint i = 0; i < depth; i++)
        {
            var x = T.Load(strip);
            T.AddProduct(a0 + i, x, ref o0);
            T.AddProduct(a1 + i, x, ref o1);
            T.AddProduct(a2 + i, x, ref o2);
            T.AddProduct(a3 + i, x, ref o3);
            T.AddProduct(a4 + i, x, ref o4);
            T.AddProduct(a5 + i, x, ref o5);
            strip += T.Count;
        }

        if (factors is not null)
        {
            o0 = T.Product(factors, o0);
            o1 = T.Product(factors + 1, o1);
            o2 = T.Product(factors + 2, o2);
            o3 = T.Product(factors + 3, o3);
            o4 = T.Product(factors + 4, o4);
            o5 = T.Product(factors + 5, o5);
        }

        o0.Store(output);
        o1.Store(output + outputStride);
        o2.Store(output + 2 * outputStride);
        o3.Store(output + 3 * outputStride);
        o4.Store(output + 4 * outputStride);
        o5.Store(output + 5 * outputStride);
    }

    /// <summary>
    /// Accumulate and Apply step by step, each step seeing itself and what was before it: state += write[t]ᵀ · right[t], then
    /// output[t] = read[t] · state. Three steps share one pass over the state, which would otherwise be bound by loads and stores.
    /// </summary>
    /// <param name="output">[steps, width of the strip]; room for a multiple of <see cref="Block.Rows"/> steps, like the other blocks.</param>
    /// <param name="outputStride">From one row of <paramref name="output"/> to the next.</param>
    /// <param name="read">[steps, at least rows].</param>
    /// <param name="write">[steps, at least rows]; zeros in the steps that fill up the block.</param>
    /// <param name="leftStride">From one row of <paramref name="read"/> or <paramref name="write"/> to the next.</param>
    /// <param name="right">[steps, width of the strip].</param>
    /// <param name="rightStride">From one row of <paramref name="right"/> to the next.</param>
    /// <param name="state">[rows, width of the strip].</param>
    /// <param name="rows">Rows of the state.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    /// <param name="factors">What each row of <paramref name="output"/> is multiplied by, for as many steps as there is room; null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scan(
        float* output, nint outputStride, float* read, float* write, nint leftStride, float* right, nint rightStride,
        float* state, int rows, int steps, Ahead ahead, float* factors = null)
    {
        for (var step = 0; step < steps; step += Block.ScanRows)
        {
            ahead.Ask();
            var v0 = T.Load(right);
            var v1 = T.Load(right + rightStride);
            var v2 = T.Load(right + 2 * rightStride);
            T o0 = default, o1 = default, o2 = default;
            var r0 = read;
            var r1 = read + leftStride;
            var r2 = read + 2 * leftStride;
            var w0 = write;
            var w1 = write + leftStride;
            var w2 = write + 2 * leftStride;
            var at = state;
            for (nint row = 0; row < rows; row++)
            {
                var s = T.Load(at);
                T.AddProduct(w0 + row, v0, ref s);
                T.AddProduct(r0 + row, s, ref o0);
                T.AddProduct(w1 + row, v1, ref s);
                T.AddProduct(r1 + row, s, ref o1);
                T.AddProduct(w2 + row, v2, ref s);
                T.AddProduct(r2 + row, s, ref o2);
                s.Store(at);
                at += T.Count;
            }

            if (factors is not null)
            {
                o0 = T.Product(factors + step, o0);
                o1 = T.Product(factors + step + 1, o1);
                o2 = T.Product(factors + step + 2, o2);
            }

            o0.Store(output);
            o1.Store(output + outputStride);
            o2.Store(output + 2 * outputStride);
            read += Block.ScanRows * leftStride;
            write += Block.ScanRows * leftStride;
            right += Block.ScanRows * rightStride;
            output += Block.ScanRows * outputStride;
        }
    }
}
