namespace AttentionML.Fused;

/// <summary>
/// The right-hand side of a matrix product as the inner loops read it: strips two registers wide (the last one may be one register wide),
/// each row by row without a gap, filled up with zeros.
/// </summary>
internal static unsafe class PackedMatrix
{
    /// <summary>Numbers that a matrix takes.</summary>
    public static int Size(int rows, int columns, int lanes) => checked(rows * Block.RoundUp(columns, lanes));

    /// <summary>The width of the strip that starts at a column.</summary>
    public static int StripWidth(int column, int columns, int lanes) => columns - column > lanes ? 2 * lanes : lanes;

    /// <summary>Packs a matrix, strided as it comes.</summary>
    /// <param name="to">Room for <see cref="Size"/> numbers.</param>
    /// <param name="from">The first number.</param>
    /// <param name="rows">Rows; the depth of the product.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="rowStride">Numbers from one row to the next.</param>
    /// <param name="columnStride">Numbers from one column to the next.</param>
    /// <param name="lanes">Numbers in a register.</param>
    public static void Pack(float* to, float* from, int rows, int columns, nint rowStride, nint columnStride, int lanes)
    {
        for (var column = 0; column < columns;)
        {
            var width = StripWidth(column, columns, lanes);
            var used = int.Min(width, columns - column);
            for (nint row = 0; row < rows; row++)
            {
                var source = from + row * rowStride + column * columnStride;
                if (columnStride == 1)
                {
                    new ReadOnlySpan<float>(source, used).CopyTo(new Span<float>(to, used));
                }
                else
                {
                    for (nint i = 0; i < used; i++)
                    {
                        to[i] = source[i * columnStride];
                    }
                }

                new Span<float>(to + used, width - used).Clear();
                to += width;
            }

            column += width;
        }
    }
}
