using System.Runtime.CompilerServices;

namespace AttentionML.Plans;

/// <summary>Numbers that stay where they are, on a boundary of 64 bytes; the garbage collector frees them. Zeros at first.</summary>
internal sealed unsafe class PinnedNumbers
{
    private const int Alignment = 64;

    /// <summary>The most numbers that fit: what the largest array holds, less what the boundary may take.</summary>
    public static readonly int LargestCount = Array.MaxLength - Alignment / sizeof(float);

    private readonly float[] _array;

    public PinnedNumbers(int count)
    {
        _array = GC.AllocateArray<float>(checked(count + Alignment / sizeof(float)), pinned: true);
        var start = (nuint)Unsafe.AsPointer(ref _array[0]);
        Address = (float*)((start + Alignment - 1) / Alignment * Alignment);
        Count = count;
    }

    /// <summary>The first number; valid as long as this object is.</summary>
    public float* Address { get; }

    public int Count { get; }

    public Span<float> Span => new(Address, Count);
}
