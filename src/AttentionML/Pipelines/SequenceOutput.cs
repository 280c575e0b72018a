using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>A column that a scorer gives.</summary>
/// <param name="name">The column's name.</param>
/// <param name="type">The column's type.</param>
internal abstract class SequenceOutput(string name, DataViewType type)
{
    /// <summary>Finds the current row's values.</summary>
    public delegate ReadOnlySpan<float> Reader();

    /// <summary>The column's name.</summary>
    public string Name => name;

    /// <summary>The column's type.</summary>
    public DataViewType Type => type;

    /// <summary>What the column says of itself, such as the names of its slots; null says nothing.</summary>
    public DataViewSchema.Annotations? Annotations { get; init; }

    /// <summary>Makes the <see cref="ValueGetter{TValue}"/> of the column's type.</summary>
    /// <param name="read">Finds the current row's values.</param>
    public abstract Delegate MakeGetter(Reader read);

    /// <summary>A vector of single precision.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="size">The values of every row; 0 where that differs from row to row.</param>
    public sealed class Vector(string name, int size) : SequenceOutput(name, new VectorDataViewType(NumberDataViewType.Single, size))
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            SequenceBatch.CopyRow(read(), ref value);
            GC.KeepAlive(read); // The values may lie in native memory that lives as long as the cursor.
        });
    }

    /// <summary>A single number.</summary>
    /// <param name="name">The column's name.</param>
    public sealed class Number(string name) : SequenceOutput(name, NumberDataViewType.Single)
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<float>)((ref float value) => value = read()[0]);
    }

    /// <summary>Yes or no: whether the number is greater than 0.</summary>
    /// <param name="name">The column's name.</param>
    public sealed class Flag(string name) : SequenceOutput(name, BooleanDataViewType.Instance)
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<bool>)((ref bool value) => value = read()[0] > 0);
    }

    /// <summary>A key: one more than the number of a class, as ML.NET counts keys.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="count">The classes.</param>
    public sealed class Key(string name, int count) : SequenceOutput(name, new KeyDataViewType(typeof(uint), count))
    {
        /// <inheritdoc/>
        public override Delegate MakeGetter(Reader read) => (ValueGetter<uint>)((ref uint value) => value = (uint)read()[0] + 1);
    }
}
