using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>What the values of a column are.</summary>
/// <param name="itemType">ML.NET's type of one value.</param>
internal abstract class SequenceElement(PrimitiveDataViewType itemType)
{
    /// <summary>Single precision.</summary>
    public static SequenceElement Single { get; } = new Of<float>(NumberDataViewType.Single);

    /// <summary>Every kind that an engine may take or give: numbers and Booleans.</summary>
    public static IReadOnlyList<SequenceElement> All { get; } =
    [
        Single,
        new Of<double>(NumberDataViewType.Double),
        new Of<sbyte>(NumberDataViewType.SByte),
        new Of<short>(NumberDataViewType.Int16),
        new Of<int>(NumberDataViewType.Int32),
        new Of<long>(NumberDataViewType.Int64),
        new Of<byte>(NumberDataViewType.Byte),
        new Of<ushort>(NumberDataViewType.UInt16),
        new Of<uint>(NumberDataViewType.UInt32),
        new Of<ulong>(NumberDataViewType.UInt64),
        new Of<bool>(BooleanDataViewType.Instance),
    ];

    /// <summary>ML.NET's type of one value.</summary>
    public PrimitiveDataViewType ItemType => itemType;

    /// <summary>The bytes of one value.</summary>
    public abstract int Size { get; }

    /// <summary>Makes an empty batch for columns of such values.</summary>
    /// <param name="stepWidth">The values of one step.</param>
    public abstract SequenceBatch MakeBatch(int stepWidth);

    /// <summary>What reads the current row of a column into a batch, without keeping it, and returns the number of its values.</summary>
    /// <param name="row">The row, with the column active.</param>
    /// <param name="column">The column: a vector, or one value a row, of this kind; for single precision also a vector of keys.</param>
    /// <param name="batch">A batch of <see cref="MakeBatch"/>.</param>
    public abstract Func<int> Reader(DataViewRow row, DataViewSchema.Column column, SequenceBatch batch);

    /// <summary>A column that is given: a vector.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="dimensions">Its shape; 0 along an axis that differs from row to row, and then it is a vector of variable size.</param>
    public abstract SequenceOutput MakeVector(string name, params ReadOnlySpan<int> dimensions);

    /// <summary>A column that is given: one value a row.</summary>
    /// <param name="name">Its name.</param>
    public abstract SequenceOutput MakeScalar(string name);

    private sealed class Of<T>(PrimitiveDataViewType itemType) : SequenceElement(itemType)
        where T : unmanaged
    {
        public override unsafe int Size => sizeof(T);

        public override SequenceBatch MakeBatch(int stepWidth) => new SequenceBatch<T>(stepWidth);

        public override Func<int> Reader(DataViewRow row, DataViewSchema.Column column, SequenceBatch batch)
        {
            var (typed, getter) = ((SequenceBatch<T>)batch, Getter(row, column));
            return () => typed.Fetch(getter);
        }

        public override SequenceOutput MakeVector(string name, params ReadOnlySpan<int> dimensions) =>
            new SequenceOutput.Vector<T>(name, dimensions.Contains(0) ? new(ItemType) : new(ItemType, dimensions.ToArray()));

        public override SequenceOutput MakeScalar(string name) => new SequenceOutput.Scalar<T>(name, ItemType);

        private static ValueGetter<VBuffer<T>> Getter(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is VectorDataViewType)
            {
                return typeof(T) == typeof(float) ? (ValueGetter<VBuffer<T>>)(Delegate)SequenceGetter.Of(row, column) : row.GetGetter<VBuffer<T>>(column);
            }

            var getter = row.GetGetter<T>(column);
            return (ref VBuffer<T> value) =>
            {
                var editor = VBufferEditor.Create(ref value, 1);
                getter(ref editor.Values[0]);
                value = editor.Commit();
            };
        }
    }
}
