using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The values of a label's key: read from a column as texts, which every type survives, and annotated in their own type again.</summary>
internal abstract class ClassValues
{
    private const string KeyValues = "KeyValues";

    private static readonly Dictionary<ClassValueType, ClassValues> ByType = new()
    {
        [ClassValueType.Text] = new Texts(),
        [ClassValueType.Boolean] = new Numbers<bool>(BooleanDataViewType.Instance),
        [ClassValueType.SByte] = new Numbers<sbyte>(NumberDataViewType.SByte),
        [ClassValueType.Byte] = new Numbers<byte>(NumberDataViewType.Byte),
        [ClassValueType.Int16] = new Numbers<short>(NumberDataViewType.Int16),
        [ClassValueType.UInt16] = new Numbers<ushort>(NumberDataViewType.UInt16),
        [ClassValueType.Int32] = new Numbers<int>(NumberDataViewType.Int32),
        [ClassValueType.UInt32] = new Numbers<uint>(NumberDataViewType.UInt32),
        [ClassValueType.Int64] = new Numbers<long>(NumberDataViewType.Int64),
        [ClassValueType.UInt64] = new Numbers<ulong>(NumberDataViewType.UInt64),
        [ClassValueType.Single] = new Numbers<float>(NumberDataViewType.Single),
        [ClassValueType.Double] = new Numbers<double>(NumberDataViewType.Double),
    };

    protected abstract PrimitiveDataViewType ItemType { get; }

    /// <summary>The type of the values that a key column names; null where it names none.</summary>
    /// <exception cref="ArgumentException">They are of a type that is not kept.</exception>
    public static ClassValueType? TypeOf(DataViewSchema.Column label)
    {
        var type = (label.Annotations.Schema.GetColumnOrNull(KeyValues)?.Type as VectorDataViewType)?.ItemType;
        if (type is null)
        {
            return null;
        }

        return ByType.FirstOrDefault(pair => pair.Value.ItemType.Equals(type)) is { Value: not null } found ? found.Key : throw new ArgumentException(
            $"The key of the label column '{label.Name}' names its values by {type}; kept are {string.Join(", ", ByType.Keys)}. Map the label to one of them first.");
    }

    /// <summary>The handling of a type.</summary>
    /// <exception cref="ArgumentException">There is no such type.</exception>
    public static ClassValues Of(ClassValueType type) => ByType.TryGetValue(type, out var values) ? values : throw new ArgumentException(
        $"The classes are values of the type {type}; known are {string.Join(", ", ByType.Keys)}.");

    /// <summary>The values that a key column names.</summary>
    public abstract string[] Read(DataViewSchema.Column label);

    /// <summary>Annotates a key with its values.</summary>
    /// <exception cref="ArgumentException">A text is no value of the type.</exception>
    public abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string[] texts);

    /// <summary>The getter of an annotation.</summary>
    public static ValueGetter<VBuffer<T>> Getter<T>(T[] values) => (ref VBuffer<T> value) => new VBuffer<T>(values.Length, values).CopyTo(ref value);

    protected static T[] ReadAs<T>(DataViewSchema.Column label)
    {
        var values = default(VBuffer<T>);
        label.GetKeyValues(ref values);
        return [.. values.DenseValues()];
    }

    protected void Add<T>(DataViewSchema.Annotations.Builder annotations, T[] values) =>
        annotations.Add(KeyValues, new VectorDataViewType(ItemType, values.Length), Getter(values));

    private sealed class Texts : ClassValues
    {
        protected override PrimitiveDataViewType ItemType => TextDataViewType.Instance;

        public override string[] Read(DataViewSchema.Column label) => Array.ConvertAll(ReadAs<ReadOnlyMemory<char>>(label), text => text.ToString());

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string[] texts) =>
            Add(annotations, Array.ConvertAll(texts, text => text.AsMemory()));
    }

    private sealed class Numbers<T>(PrimitiveDataViewType itemType) : ClassValues
        where T : IParsable<T>
    {
        protected override PrimitiveDataViewType ItemType => itemType;

        public override string[] Read(DataViewSchema.Column label) =>
            Array.ConvertAll(ReadAs<T>(label), value => Convert.ToString(value, CultureInfo.InvariantCulture)!); // these types have a text

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string[] texts) =>
            Add(annotations, Array.ConvertAll(texts, text => T.TryParse(text, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new ArgumentException($"'{text}' names a class and is no {itemType}.")));
    }
}
