using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Training;

/// <summary>
/// The sequences that one column holds in several rows, copied out of ML.NET's vectors into memory that an engine can read as [N, L, F].
/// </summary>
/// <remarks>
/// Rows lie one behind the other, which for rows of one length already is [N, L, F]; only rows of different lengths are copied a second
/// time, into padding. Owns pooled arrays: <see cref="Dispose"/> returns them. For one thread.
/// </remarks>
/// <param name="stepWidth">F, the values of one step.</param>
internal sealed class SequenceBatch(int stepWidth) : IDisposable
{
    private readonly List<(int Start, int Length)> _rows = [];
    private float[] _values = [];
    private float[] _padded = [];
    private float[] _fetched = [];
    private VBuffer<float> _row;
    private int _fetchedCount;
    private int _end;

    /// <summary>N, the rows that were kept.</summary>
    public int Count => _rows.Count;

    /// <summary>F, the values of one step.</summary>
    public int StepWidth => stepWidth;

    /// <summary>L of one row, in steps.</summary>
    public int Length(int row) => _rows[row].Length;

    /// <summary>Makes room for rows of a size that is known; without it, the first row makes its own.</summary>
    /// <param name="valueCount">The values of one row.</param>
    public void Reserve(int valueCount) => ReceiveInto(ArrayPool<float>.Shared.Rent(valueCount));

    /// <summary>Reads a row without keeping it.</summary>
    /// <returns>The number of values in the row.</returns>
    public int Fetch(ValueGetter<VBuffer<float>> getter)
    {
        getter(ref _row);
        var values = _row.GetValues();
        _fetchedCount = _row.Length;
        var isInPlace = _row.IsDense && _fetchedCount <= _fetched.Length
            && Unsafe.AreSame(ref MemoryMarshal.GetReference(values), ref MemoryMarshal.GetArrayDataReference(_fetched));
        if (!isInPlace)
        {
            var room = ArrayPool<float>.Shared.Rent(_fetchedCount);
            _row.CopyTo(room);
            Return(ref _fetched);
            ReceiveInto(room);
        }

        return _fetchedCount;
    }

    /// <summary>Leaves out the zeros at the end of the row that was read last, but for a first value.</summary>
    /// <returns>The number of values that are left.</returns>
    public int TrimZeros() => _fetchedCount = LengthWithoutZeros(Fetched);

    /// <summary>The length of a row without the zeros at its end, 1 at least; 0 if it is empty.</summary>
    public static int LengthWithoutZeros(ReadOnlySpan<float> row) => Math.Max(Math.Min(1, row.Length), row.LastIndexOfAnyExcept(0) + 1);

    /// <summary>The row that was read last.</summary>
    public ReadOnlySpan<float> Fetched => _fetched.AsSpan(0, _fetchedCount);

    /// <summary>The place of the first infinite value in the row that was read last, or −1.</summary>
    public int FindInfinity()
    {
        var values = Fetched;
        if (!TensorPrimitives.IsInfinityAny<float>(values))
        {
            return -1;
        }

        var place = 0;
        while (!float.IsInfinity(values[place]))
        {
            place++;
        }

        return place;
    }

    /// <summary>Appends the row that was read last.</summary>
    public void Keep()
    {
        var start = _end;
        _end = checked(start + _fetchedCount);
        if (start == 0)
        {
            // The first row moves in as it is: a batch of one long row is never copied.
            var emptied = _values;
            _values = _fetched;
            Grow(ref emptied, _values.Length, keep: 0);
            ReceiveInto(emptied);
        }
        else
        {
            Grow(ref _values, _end, keep: start);
            _fetched.AsSpan(0, _fetchedCount).CopyTo(_values.AsSpan(start));
        }

        _rows.Add((start, _fetchedCount / stepWidth));
    }

    /// <summary>Lays out some of the rows side by side, each padded with zeros to the longest.</summary>
    /// <param name="rows">Which rows.</param>
    /// <returns>[N, L, F], valid until the next call of this object.</returns>
    public PaddedSequences Pad(ReadOnlySpan<int> rows)
    {
        var lengths = new int[rows.Length];
        var longest = 0;
        var isInPlace = true;
        for (var i = 0; i < rows.Length; i++)
        {
            lengths[i] = Length(rows[i]);
            longest = Math.Max(longest, lengths[i]);
            isInPlace &= rows[i] == rows[0] + i && lengths[i] == lengths[0];
        }

        var size = checked(rows.Length * longest * stepWidth);
        if (isInPlace)
        {
            return new PaddedSequences(new ArraySegment<float>(_values, _rows[rows[0]].Start, size), lengths, longest, stepWidth);
        }

        Grow(ref _padded, size, keep: 0);
        for (var i = 0; i < rows.Length; i++)
        {
            var place = _padded.AsSpan(i * longest * stepWidth, longest * stepWidth);
            var row = _values.AsSpan(_rows[rows[i]].Start, lengths[i] * stepWidth);
            row.CopyTo(place);
            place[row.Length..].Clear();
        }

        return new PaddedSequences(new ArraySegment<float>(_padded, 0, size), lengths, longest, stepWidth);
    }

    /// <summary>Forgets the rows that were kept; the row that was read last stays.</summary>
    public void Clear()
    {
        _rows.Clear();
        _end = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        Return(ref _values);
        Return(ref _padded);
        Return(ref _fetched);
        _row = default;
    }

    /// <summary>Copies one row of a result into the vector of a caller.</summary>
    /// <param name="row">The values.</param>
    /// <param name="destination">The vector; its memory is used again where it is large enough.</param>
    public static void CopyRow(ReadOnlySpan<float> row, ref VBuffer<float> destination)
    {
        var editor = VBufferEditor.Create(ref destination, row.Length);
        row.CopyTo(editor.Values);
        destination = editor.Commit();
    }

    // The getter writes into this array if the next row fits.
    private void ReceiveInto(float[] room)
    {
        _fetched = room;
        _row = new VBuffer<float>(0, room);
    }

    private static void Grow(ref float[] array, int size, int keep)
    {
        if (size <= array.Length)
        {
            return;
        }

        var room = ArrayPool<float>.Shared.Rent(Math.Max(size, (int)Math.Min(2L * array.Length, Array.MaxLength)));
        array.AsSpan(0, keep).CopyTo(room);
        Return(ref array);
        array = room;
    }

    private static void Return(ref float[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<float>.Shared.Return(array);
        }

        array = [];
    }
}
