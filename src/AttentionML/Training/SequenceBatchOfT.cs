using System.Buffers;
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
/// <typeparam name="T">What the values are.</typeparam>
internal sealed class SequenceBatch<T>(int stepWidth) : SequenceBatch
    where T : unmanaged
{
    private readonly List<(int Start, int Length)> _rows = [];
    private T[] _values = [];
    private T[] _padded = [];
    private T[] _fetched = [];
    private VBuffer<T> _row;
    private int _fetchedCount;
    private int _end;

    /// <inheritdoc/>
    public override int Count => _rows.Count;

    /// <inheritdoc/>
    public override int Length(int row) => _rows[row].Length;

    /// <inheritdoc/>
    public override void Reserve(int valueCount) => ReceiveInto(ArrayPool<T>.Shared.Rent(valueCount));

    /// <summary>Reads a row without keeping it.</summary>
    /// <returns>The number of values in the row.</returns>
    public int Fetch(ValueGetter<VBuffer<T>> getter)
    {
        getter(ref _row);
        var values = _row.GetValues();
        _fetchedCount = _row.Length;
        var isInPlace = _row.IsDense && _fetchedCount <= _fetched.Length
            && Unsafe.AreSame(ref MemoryMarshal.GetReference(values), ref MemoryMarshal.GetArrayDataReference(_fetched));
        if (!isInPlace)
        {
            var room = ArrayPool<T>.Shared.Rent(_fetchedCount);
            _row.CopyTo(room);
            Return(ref _fetched);
            ReceiveInto(room);
        }

        return _fetchedCount;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Fetched =>
        typeof(T) == typeof(float) ? MemoryMarshal.Cast<T, float>(_fetched.AsSpan(0, _fetchedCount)) : [];

    /// <inheritdoc/>
    public override int TrimZeros() => _fetchedCount = LengthWithoutZeros(Fetched);

    /// <inheritdoc/>
    public override void Keep()
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

    /// <inheritdoc/>
    public override PaddedSequences Pad(ReadOnlySpan<int> rows)
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
            return new PaddedSequences(_values, _rows[rows[0]].Start, lengths, longest, stepWidth);
        }

        Grow(ref _padded, size, keep: 0);
        for (var i = 0; i < rows.Length; i++)
        {
            var place = _padded.AsSpan(i * longest * stepWidth, longest * stepWidth);
            var row = _values.AsSpan(_rows[rows[i]].Start, lengths[i] * stepWidth);
            row.CopyTo(place);
            place[row.Length..].Clear();
        }

        return new PaddedSequences(_padded, 0, lengths, longest, stepWidth);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        _rows.Clear();
        _end = 0;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Clear();
        Return(ref _values);
        Return(ref _padded);
        Return(ref _fetched);
        _row = default;
    }

    // The getter writes into this array if the next row fits.
    private void ReceiveInto(T[] room)
    {
        _fetched = room;
        _row = new VBuffer<T>(0, room);
    }

    private static void Grow(ref T[] array, int size, int keep)
    {
        if (size <= array.Length)
        {
            return;
        }

        var room = ArrayPool<T>.Shared.Rent(Math.Max(size, (int)Math.Min(2L * array.Length, Array.MaxLength)));
        array.AsSpan(0, keep).CopyTo(room);
        Return(ref array);
        array = room;
    }

    private static void Return(ref T[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
        }

        array = [];
    }
}
