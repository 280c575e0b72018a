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

    /// <summary>Checks that a column's key numbers the classes as these are; it may have fewer.</summary>
    /// <param name="label">A column with a key.</param>
    /// <exception cref="ArgumentException">It numbers them otherwise: its numbers would be read as other classes.</exception>
    public void RequireSame(DataViewSchema.Column label)
    {
        var pairs = (Texts ?? []).Zip(Of(label).Texts ?? []).ToList();
        var place = pairs.FindIndex(pair => pair.First != pair.Second);
        if (place >= 0)
        {
            throw new ArgumentException(
                $"Value {place + 1} of the key of the label column '{label.Name}' is '{pairs[place].Second}', and the model's class {place + 1} is " +
                $"'{pairs[place].First}': map these labels as those of the model were, by the same fitted MapValueToKey or with the same keyData.");
        }
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
