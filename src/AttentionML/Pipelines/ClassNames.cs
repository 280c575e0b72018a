using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The classes that a model tells apart, and the values of the label's key that name them.</summary>
/// <param name="Count">The classes.</param>
/// <param name="Texts">Their names, where the key's values are texts.</param>
/// <param name="Numbers">Their names, where the key's values are numbers of single precision.</param>
internal sealed record ClassNames(int Count, string[]? Texts = null, float[]? Numbers = null)
{
    private const string KeyValues = "KeyValues";
    private const string SlotNames = "SlotNames";
    private const string ScoreColumnKind = "ScoreColumnKind";

    /// <summary>What the key of a column names its values.</summary>
    public static ClassNames Of(DataViewSchema.Column label)
    {
        var count = (int)((KeyDataViewType)label.Type).Count;
        var kind = label.Annotations.Schema.GetColumnOrNull(KeyValues)?.Type;
        switch ((kind as VectorDataViewType)?.ItemType)
        {
            case TextDataViewType:
                var texts = default(VBuffer<ReadOnlyMemory<char>>);
                label.GetKeyValues(ref texts);
                return new(count, Texts: [.. texts.DenseValues().Select(text => text.ToString())]);
            case NumberDataViewType number when number.RawType == typeof(float):
                var numbers = default(VBuffer<float>);
                label.GetKeyValues(ref numbers);
                return new(count, Numbers: [.. numbers.DenseValues()]);
            case null:
                return new(count);
            case var other:
                throw new ArgumentException(
                    $"The key of the label column '{label.Name}' names its values by {other}; texts and Single are kept. Map the label to a text first.");
        }
    }

    /// <summary>The names for the slots of a score.</summary>
    public DataViewSchema.Annotations OfScores()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        var names = Texts ?? Numbers?.Select(number => FormattableString.Invariant($"{number}")).ToArray();
        if (names is not null)
        {
            annotations.Add(SlotNames, new VectorDataViewType(TextDataViewType.Instance, Count), Getter(Array.ConvertAll(names, name => name.AsMemory())));
        }

        annotations.Add(ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = "MulticlassClassification".AsMemory());
        return annotations.ToAnnotations();
    }

    /// <summary>The names for the values of a key.</summary>
    public DataViewSchema.Annotations? OfKeys()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (Texts is not null)
        {
            annotations.Add(KeyValues, new VectorDataViewType(TextDataViewType.Instance, Count), Getter(Array.ConvertAll(Texts, name => name.AsMemory())));
        }
        else if (Numbers is not null)
        {
            annotations.Add(KeyValues, new VectorDataViewType(NumberDataViewType.Single, Count), Getter(Numbers));
        }
        else
        {
            return null;
        }

        return annotations.ToAnnotations();
    }

    private static ValueGetter<VBuffer<T>> Getter<T>(T[] values) => (ref VBuffer<T> value) => new VBuffer<T>(values.Length, values).CopyTo(ref value);
}
