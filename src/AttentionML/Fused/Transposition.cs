using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AttentionML.Fused;

/// <summary>Turns rows into columns, four by four in registers: one by one, that took a fifth of the time of attention over 64 steps.</summary>
internal static unsafe class Transposition
{
    private const int Side = 4;

    /// <summary>to[j, i] = from[i, j]. Nothing beyond the matrices is read or written.</summary>
    /// <param name="from">[rows, columns].</param>
    /// <param name="fromStride">From one row of <paramref name="from"/> to the next.</param>
    /// <param name="to">[columns, rows].</param>
    /// <param name="toStride">From one row of <paramref name="to"/> to the next.</param>
    /// <param name="rows">Rows of <paramref name="from"/>.</param>
    /// <param name="columns">Columns of <paramref name="from"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        var row = 0;
        for (; row <= rows - Side && (Sse.IsSupported || AdvSimd.Arm64.IsSupported); row += Side)
        {
            var column = 0;
            for (; column <= columns - Side; column += Side)
            {
                RunBlock(from + column, fromStride, to + column * toStride, toStride);
            }

            RunOneByOne(from + column, fromStride, to + column * toStride, toStride, Side, columns - column);
            from += Side * fromStride;
            to += Side;
        }

        RunOneByOne(from, fromStride, to, toStride, rows - row, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunBlock(float* from, nint fromStride, float* to, nint toStride)
    {
        var (r0, r1) = Interleave(Vector128.Load(from), Vector128.Load(from + 2 * fromStride));
        var (r2, r3) = Interleave(Vector128.Load(from + fromStride), Vector128.Load(from + 3 * fromStride));
        var (c0, c1) = Interleave(r0, r2);
        var (c2, c3) = Interleave(r1, r3);
        c0.Store(to);
        c1.Store(to + toStride);
        c2.Store(to + 2 * toStride);
        c3.Store(to + 3 * toStride);
    }

    // a₀ b₀ a₁ b₁, and a₂ b₂ a₃ b₃.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Interleave(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? (Sse.UnpackLow(a, b), Sse.UnpackHigh(a, b))
        : (AdvSimd.Arm64.ZipLow(a, b), AdvSimd.Arm64.ZipHigh(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunOneByOne(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                to[column * toStride + row] = from[row * fromStride + column];
            }
        }
    }
}
