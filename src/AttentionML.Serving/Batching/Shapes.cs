namespace AttentionML.Serving.Batching;

/// <summary>Copies between row-major tensors whose sizes differ in some axes.</summary>
internal static class Shapes
{
    /// <summary>Copies what both have in common: the first min(from, to) of each axis. The rest of the target stays as it is.</summary>
    public static void CopyCommon(
        ReadOnlySpan<byte> source, ReadOnlySpan<long> from, Span<byte> target, ReadOnlySpan<long> to, int elementSize)
    {
        if (from.SequenceEqual(to))
        {
            source.CopyTo(target);
            return;
        }

        // The axes behind the last that differs are one piece.
        var last = from.Length - 1;
        while (from[last] == to[last])
        {
            elementSize = checked(elementSize * (int)from[last--]);
        }

        CopyAxes(source, from[..(last + 1)], target, to[..(last + 1)], elementSize);
    }

    private static void CopyAxes(
        ReadOnlySpan<byte> source, ReadOnlySpan<long> from, Span<byte> target, ReadOnlySpan<long> to, int elementSize)
    {
        var common = (int)Math.Min(from[0], to[0]);
        if (from.Length == 1)
        {
            source[..(common * elementSize)].CopyTo(target);
            return;
        }

        var (sourceStep, targetStep) = (elementSize * (int)Product(from[1..]), elementSize * (int)Product(to[1..]));
        for (var i = 0; i < common; i++)
        {
            CopyAxes(source[(i * sourceStep)..], from[1..], target[(i * targetStep)..], to[1..], elementSize);
        }
    }

    public static long Product(ReadOnlySpan<long> shape)
    {
        var product = 1L;
        foreach (var size in shape)
        {
            product = checked(product * size);
        }

        return product;
    }
}
