using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>How sequences are cut and padded in scratch memory.</summary>
internal static class Block
{
    /// <summary>Rows that the inner loops take at once.</summary>
    public const int Rows = 6;

    /// <summary>Steps that share a pass over the state in a scan. <see cref="Rows"/> is a multiple of it.</summary>
    public const int ScanRows = 3;

    /// <summary>Steps in a block: few enough for the blocks of a pass to stay in the nearest caches. A multiple of <see cref="Rows"/>.</summary>
    public const int Steps = 48;

    /// <summary>
    /// Steps of the longest causal scan that adds all up in one sum; beyond it one starts anew every <see cref="SegmentSteps"/> from sums that are
    /// made on their own, which costs half as much again. Equal keys show the largest error, 3e-5 of the output after 4000 steps and 9e-5 after these.
    /// </summary>
    public const int LongestScan = 171 * Steps;

    /// <summary>Steps that are summed up on their own.</summary>
    public const int SegmentSteps = 10 * Steps;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RoundUp(int size, int multiple) => checked((size + multiple - 1) / multiple * multiple);
}
