using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>The inner loop of a matrix product: up to six rows over one strip of columns, as wide as T, with every sum in a register.</summary>
internal static unsafe class MatrixTile<T>
    where T : struct, ILanes<T>
{
    /// <summary>output = bias + left · strip.</summary>
    /// <param name="output">[six rows, width of the strip]; rows beyond <paramref name="rows"/> are copies of the last.</param>
    /// <param name="outputStride">From one row of <paramref name="output"/> to the next.</param>
    /// <param name="left">[rows, depth].</param>
    /// <param name="leftStride">From one row of <paramref name="left"/> to the next.</param>
    /// <param name="rows">Rows of <paramref name="left"/> that there are, 1 to 6.</param>
    /// <param name="strip">[depth, width of the strip].</param>
    /// <param name="depth">The products in a sum.</param>
    /// <param name="bias">[width of the strip]; null for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* output, nint outputStride, float* left, nint leftStride, int rows, float* strip, int depth, float* bias)
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
            o0 = T.MultiplyAdd(a0 + i, x, o0);
            o1 = T.MultiplyAdd(a1 + i, x, o1);
            o2 = T.MultiplyAdd(a2 + i, x, o2);
            o3 = T.MultiplyAdd(a3 + i, x, o3);
            o4 = T.MultiplyAdd(a4 + i, x, o4);
            o5 = T.MultiplyAdd(a5 + i, x, o5);
            strip += T.Count;
        }

        o0.Store(output);
        o1.Store(output + outputStride);
        o2.Store(output + 2 * outputStride);
        o3.Store(output + 3 * outputStride);
        o4.Store(output + 4 * outputStride);
        o5.Store(output + 5 * outputStride);
    }
}
