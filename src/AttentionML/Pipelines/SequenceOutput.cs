using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>A column that a scorer gives.</summary>
/// <param name="name">The column's name.</param>
/// <param name="type">The column's type.</param>
internal abstract class SequenceOutput(string name, DataViewType type)
{
    /// <summary>Finds the bytes of the current row's values.</summary>
    public delegate ReadOnlySpan<byte> Reader();

    /// <summary>The column's name.</summary>
    public string Name => name;

    /// <summary>The column's type.</summary>
    public DataViewType Type => type;

    /// <summary>What the column says of itself, such as the names of its slots; null says nothing.</summary>
    public DataViewSchema.Annotations? Annotations { get; init; }

    /// <summary>The place of the output whose values it is made of; null, the default, for its own.</summary>
    public int? Source { get; init; }

    /// <summary>Makes the <see cref="ValueGetter{TValue}"/> of the column's type.</summary>
    /// <param name="read">Finds the current row's values.</param>
    public abstract Delegate MakeGetter(Reader read);

    /// <summary>A vector.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">The column's type.</param>
    /// <typeparam name="T">What the values are.</typeparam>
    public class Vector<T>(string name, VectorDataViewType type) : SequenceOutput(name, type)
        where T : unmanaged
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            SequenceBatch.CopyRow(MemoryMarshal.Cast<byte, T>(read()), ref value);
            GC.KeepAlive(read); // The values may lie in native memory that lives as long as the cursor.
        });
    }

    /// <summary>A vector of single precision.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="size">The values of every row; 0 where that differs from row to row.</param>
    public sealed class Vector(string name, int size) : Vector<float>(name, new VectorDataViewType(NumberDataViewType.Single, size));

    /// <summary>A single value.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">The column's type.</param>
    /// <typeparam name="T">What the value is.</typeparam>
    public class Scalar<T>(string name, PrimitiveDataViewType type) : SequenceOutput(name, type)
        where T : unmanaged
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<T>)((ref T value) =>
        {
            value = MemoryMarshal.Read<T>(read());
            GC.KeepAlive(read); // As above.
        });
    }

    /// <summary>A single number.</summary>
    /// <param name="name">The column's name.</param>
    public sealed class Number(string name) : Scalar<float>(name, NumberDataViewType.Single);

    /// <summary>Yes or no: whether the number is greater than 0.</summary>
    /// <param name="name">The column's name.</param>
    public sealed class Flag(string name) : SequenceOutput(name, BooleanDataViewType.Instance)
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<bool>)((ref bool value) => value = MemoryMarshal.Read<float>(read()) > 0);
    }

    /// <summary>
    /// The key of the class with the largest score, as ML.NET counts keys: one more than its number, and 0, the missing key, where a score is NaN.
    /// </summary>
    /// <param name="name">The column's name.</param>
    /// <param name="count">The classes.</param>
    public sealed class Key(string name, int count) : SequenceOutput(name, new KeyDataViewType(typeof(uint), count))
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<uint>)((ref uint value) =>
        {
            value = KeyOf(MemoryMarshal.Cast<byte, float>(read()));
            GC.KeepAlive(read); // As above.
        });

        // The index of the largest is that of a NaN where there is one.
        private static uint KeyOf(ReadOnlySpan<float> scores) =>
            TensorPrimitives.IndexOfMax(scores) is var largest && float.IsNaN(scores[largest]) ? 0 : (uint)largest + 1;
    }
}
