using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// A sum of products of rows, [rows, columns], in strips two registers wide (the last one may be one register wide), so that what the inner
/// loops walk through lies together.
/// </summary>
internal readonly unsafe struct State<V>
    where V : struct, IVector<V>
{
    private readonly float* _data;
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>A state in memory of <see cref="Size"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public State(float* data, int rows, int columns)
    {
        _data = data;
        _rows = Block.RoundUp(rows, Block.Rows);
        _columns = Block.RoundUp(columns, V.Count);
    }

    /// <summary>Numbers, padding included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size(int rows, int columns) => Block.RoundUp(rows, Block.Rows) * Block.RoundUp(columns, V.Count);

    /// <summary>This + leftᵀ · right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Accumulate(Panel<V> left, Steps right, int steps, Ahead ahead)
    {
        ahead.Divide(Strips * (_rows / Block.Rows));
        var column = 0;
        for (; column <= _columns - 2 * V.Count; column += 2 * V.Count)
        {
            Tiles<Twice<V>>.Accumulate(Strip(column), _rows, left[0], left.Stride, right[0] + column, right.Stride, steps, ahead);
        }

        if (column < _columns)
        {
            Tiles<V>.Accumulate(Strip(column), _rows, left[0], left.Stride, right[0] + column, right.Stride, steps, ahead);
        }
    }

    /// <summary>This = <paramref name="other"/>ᵀ. Padding that the other one does not have stays as it is, and has to be zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transpose(State<V> other)
    {
        for (var column = 0; column < _columns; column += 2 * V.Count)
        {
            var to = Strip(column);
            var width = Width(column);
            var count = int.Min(width, other._rows - column);
            for (var row = 0; row < int.Min(_rows, other._columns); row += 2 * V.Count)
            {
                var stride = other.Width(row);
                Transposition.Run(other.Strip(row) + column * stride, stride, to + row * width, width, count, int.Min(stride, _rows - row));
            }
        }
    }

    /// <summary>output = left · this, each row times its factor where there are factors.</summary>
    /// <param name="output">Rows of whole registers, with room for a multiple of <see cref="Block.Rows"/> steps.</param>
    /// <param name="left">What is multiplied.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    /// <param name="factors">A number for each step; null for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(Steps output, Panel<V> left, int steps, Ahead ahead, float* factors = null)
    {
        ahead.Divide(Strips * ((steps + Block.Rows - 1) / Block.Rows));
        var column = 0;
        for (; column <= _columns - 2 * V.Count; column += 2 * V.Count)
        {
            Tiles<Twice<V>>.Apply(output[0] + column, output.Stride, left[0], left.Stride, Strip(column), left.Width, steps, ahead, factors);
        }

        if (column < _columns)
        {
            Tiles<V>.Apply(output[0] + column, output.Stride, left[0], left.Stride, Strip(column), left.Width, steps, ahead, factors);
        }
    }

    /// <summary>Step by step: this + write[t]ᵀ · right[t], then output[t] = read[t] · this, times its factor where there are factors.</summary>
    /// <param name="output">Rows of whole registers; like <paramref name="right"/> with room for a multiple of <see cref="Block.ScanRows"/> steps.</param>
    /// <param name="read">Of the queries' side.</param>
    /// <param name="write">Of the keys' side.</param>
    /// <param name="right">Rows of whole registers.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    /// <param name="factors">A number for each step; null for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(Steps output, Panel<V> read, Panel<V> write, Steps right, int steps, Ahead ahead, float* factors = null)
    {
        ahead.Divide(Strips * ((steps + Block.ScanRows - 1) / Block.ScanRows));
        var column = 0;
        for (; column <= _columns - 2 * V.Count; column += 2 * V.Count)
        {
            Tiles<Twice<V>>.Scan(
                output[0] + column, output.Stride, read[0], write[0], read.Stride, right[0] + column, right.Stride,
                Strip(column), read.Width, steps, ahead, factors);
        }

        if (column < _columns)
        {
            Tiles<V>.Scan(
                output[0] + column, output.Stride, read[0], write[0], read.Stride, right[0] + column, right.Stride,
                Strip(column), read.Width, steps, ahead, factors);
        }
    }

    private int Strips
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_columns + 2 * V.Count - 1) / (2 * V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Strip(int column) => _data + column * _rows;

    // Of the strip that begins with a column.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Width(int column) => int.Min(2 * V.Count, _columns - column);
}
