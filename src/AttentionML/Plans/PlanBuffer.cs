using AttentionML.Fused;

namespace AttentionML.Plans;

/// <summary>Room for the numbers of one value: a part of a run's memory, or, for a constant, memory of its own.</summary>
/// <param name="count">The numbers.</param>
/// <param name="constant">A constant's numbers; null where every run writes them.</param>
internal sealed unsafe class PlanBuffer(int count, PinnedNumbers? constant = null)
{
    private readonly List<(int[] Shape, int[] Strides, PinnedNumbers Packed)> _packed = [];

    public int Count => count;

    public bool IsConstant => constant is not null;

    /// <summary>The first step that writes it; −1 for an input.</summary>
    public int FirstStep { get; set; } = -1;

    /// <summary>The last step that reads it; −1 if none does.</summary>
    public int LastStep { get; set; } = -1;

    /// <summary>Where it begins in a run's memory; the plan's builder says so at the end.</summary>
    public nint Offset { get; set; } = -1;

    public static PlanBuffer Constant(ReadOnlySpan<float> numbers)
    {
        var memory = new PinnedNumbers(numbers.Length);
        numbers.CopyTo(memory.Span);
        return new(numbers.Length, memory);
    }

    public float* At(float* memory) => constant is null ? memory + Offset : constant.Address;

    /// <summary>This constant as the right-hand side of matrix products; packed once, for every plan.</summary>
    /// <param name="matrix">A view of this buffer, [depth…, columns].</param>
    public PinnedNumbers Pack(PlanValue matrix)
    {
        lock (_packed)
        {
            foreach (var (shape, strides, packed) in _packed)
            {
                if (shape.AsSpan().SequenceEqual(matrix.Shape) && strides.AsSpan().SequenceEqual(matrix.Strides))
                {
                    return packed;
                }
            }

            var lanes = Kernels.Fastest.Lanes;
            var dense = new PlanBuilder().Contiguous(matrix);
            var columns = matrix.Shape[^1];
            var depth = matrix.Count / columns;
            var numbers = new PinnedNumbers(PackedMatrix.Size(depth, columns, lanes));
            PackedMatrix.Pack(numbers.Address, dense.At(null), depth, columns, columns, 1, lanes);
            _packed.Add((matrix.Shape, matrix.Strides, numbers));
            return numbers;
        }
    }
}
