using AttentionML.Fused;

namespace AttentionML.Plans;

/// <summary>Places buffers in one memory: those that are needed at the same time apart, others on top of each other.</summary>
internal static class MemoryLayout
{
    // A multiple of any register, so that each buffer starts on a boundary of one.
    private const int Alignment = 16;

    /// <summary>Sets the offset of each buffer.</summary>
    /// <returns>The numbers that the memory has to hold.</returns>
    public static int Place(IReadOnlyList<PlanBuffer> buffers)
    {
        var size = 0;
        var placed = new List<PlanBuffer>();
        foreach (var buffer in buffers.OrderByDescending(buffer => buffer.Count))
        {
            // The lowest gap that is wide enough between those that are needed at the same time.
            nint offset = 0;
            foreach (var other in placed.Where(other => Meet(buffer, other)).OrderBy(other => other.Offset))
            {
                if (other.Offset - offset >= Rounded(buffer))
                {
                    break;
                }

                offset = nint.Max(offset, other.Offset + Rounded(other));
            }

            buffer.Offset = offset;
            placed.Add(buffer);
            size = int.Max(size, checked((int)(offset + Rounded(buffer))));
        }

        return size;
    }

    private static bool Meet(PlanBuffer one, PlanBuffer other) => one.FirstStep <= Last(other) && other.FirstStep <= Last(one);

    // What nobody reads still has to be written somewhere.
    private static int Last(PlanBuffer buffer) => int.Max(buffer.FirstStep, buffer.LastStep);

    private static int Rounded(PlanBuffer buffer) => Block.RoundUp(buffer.Count, Alignment);
}
