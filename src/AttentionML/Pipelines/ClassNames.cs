using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The classes that a model tells apart, and the values of the label's key that name them.</summary>
/// <param name="Count">The classes.</param>
/// <param name="Texts">Their names, as texts; null where they have none.</param>
/// <param name="Type">What type the names are of.</param>
internal sealed record ClassNames(int Count, string[]? Texts = null, ClassValueType Type = ClassValueType.Text)
{
    private const string SlotNames = "SlotNames";
    private const string ScoreColumnKind = "ScoreColumnKind";

    /// <summary>What the key of a column names its values.</summary>
    /// <exception cref="ArgumentException">It names them by values of a type that is not kept.</exception>
    public static ClassNames Of(DataViewSchema.Column label)
    {
        var count = (int)((KeyDataViewType)label.Type).Count;
        return ClassValues.TypeOf(label) is { } type ? new(count, ClassValues.Of(type).Read(label), type) : new(count);
    }

    /// <summary>The names for the slots of a score.</summary>
    public DataViewSchema.Annotations OfScores()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (Texts is not null)
        {
            annotations.Add(
                SlotNames, new VectorDataViewType(TextDataViewType.Instance, Count), ClassValues.Getter(Array.ConvertAll(Texts, name => name.AsMemory())));
        }

        annotations.Add(ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = "MulticlassClassification".AsMemory());
        return annotations.ToAnnotations();
    }

    /// <summary>The names for the values of a key.</summary>
    /// <exception cref="ArgumentException">A text is no value of the type.</exception>
    public DataViewSchema.Annotations? OfKeys()
    {
        if (Texts is null)
        {
            return null;
        }

        var annotations = new DataViewSchema.Annotations.Builder();
        ClassValues.Of(Type).Annotate(annotations, Texts);
        return annotations.ToAnnotations();
    }
}
