using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace AttentionML.Training;

/// <summary>The sequences that one column holds in several rows, whatever its values are.</summary>
internal abstract class SequenceBatch : IDisposable
{
    /// <summary>N, the rows that were kept.</summary>
    public abstract int Count { get; }

    /// <summary>L of one row, in steps.</summary>
    public abstract int Length(int row);

    /// <summary>Makes room for rows of a size that is known; without it, the first row makes its own.</summary>
    /// <param name="valueCount">The values of one row.</param>
    public abstract void Reserve(int valueCount);

    /// <summary>The row that was read last; empty where its values are not of single precision.</summary>
    public abstract ReadOnlySpan<float> Fetched { get; }

    /// <summary>Appends the row that was read last.</summary>
    public abstract void Keep();

    /// <summary>Lays out some of the rows side by side, each padded with zeros to the longest.</summary>
    /// <param name="rows">Which rows.</param>
    /// <returns>[N, L, F], valid until the next call of this object.</returns>
    public abstract PaddedSequences Pad(ReadOnlySpan<int> rows);

    /// <summary>Leaves out the zeros at the end of the row that was read last, of single precision, but for a first value.</summary>
    /// <returns>The number of values that are left.</returns>
    public abstract int TrimZeros();

    /// <summary>Forgets the rows that were kept; the row that was read last stays.</summary>
    public abstract void Clear();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The length of a row without the zeros at its end, 1 at least; 0 if it is empty.</summary>
    public static int LengthWithoutZeros(ReadOnlySpan<float> row) => Math.Max(Math.Min(1, row.Length), row.LastIndexOfAnyExcept(0) + 1);

    /// <summary>The place of the first infinite value in <see cref="Fetched"/>, or −1.</summary>
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

    /// <summary>Copies one row of a result into the vector of a caller.</summary>
    /// <param name="row">The values.</param>
    /// <param name="destination">The vector; its memory is used again where it is large enough.</param>
    public static void CopyRow<T>(ReadOnlySpan<T> row, ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, row.Length);
        row.CopyTo(editor.Values);
        destination = editor.Commit();
    }
}
