using AttentionML.Models;

namespace AttentionML.Pipelines;

/// <summary>A column of sequences that a scorer reads.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="StepWidth">The values of one step; a row holds a whole number of steps.</param>
/// <param name="VocabularySize">The tokens there are, padding (0) included, where a step is a token; 0 where it is not.</param>
internal sealed record SequenceInput(string Name, int StepWidth, int VocabularySize = 0)
{
    /// <summary>What a model reads.</summary>
    public static SequenceInput Of(string name, AttentionModelOptions model) =>
        new(name, model.FeatureCount, model.Embedding == InputEmbedding.Tokens ? model.VocabularySize : 0);

    /// <summary>What the values are. The default is single precision.</summary>
    public SequenceElement Element { get; init; } = SequenceElement.Single;

    /// <summary>Whether a column of one value a row will do.</summary>
    public bool MayBeScalar { get; init; }

    /// <summary>Whether infinite values are passed on; otherwise a row that has one is refused. The default is false.</summary>
    public bool MayBeInfinite { get; init; }

    /// <summary>What a row of the column has to be, in words.</summary>
    public string Allowed => VocabularySize == 0
        ? $"a vector of {Element.ItemType}, {StepWidth} values a step, of fixed or variable size{(MayBeScalar ? $", or one {Element.ItemType}" : "")}"
        : $"a vector of keys with at most {VocabularySize - 1} values, or of Single that holds whole numbers from 0 to {VocabularySize - 1}, one a token";
}
