using AttentionML.Mechanisms;

namespace AttentionML.Models;

/// <summary>The architecture of an attention model.</summary>
public sealed record AttentionModelOptions
{
    /// <summary>F, values of one step of the input. The default is 1. A step of tokens is one token.</summary>
    public int FeatureCount { get; init; } = 1;

    /// <summary>How the input is brought to a common range, inside the model and so inside every export. The default is by the training rows.</summary>
    public InputScaling Scaling { get; init; } = InputScaling.FromTraining;

    /// <summary>How steps become vectors. The default is a convolutional stem, which few rows need.</summary>
    public InputEmbedding Embedding { get; init; } = InputEmbedding.Convolution;

    /// <summary>K, the steps that one convolution of the stem sees; odd. The default is 7.</summary>
    public int KernelLength { get; init; } = 7;

    /// <summary>P, the steps in a patch. The default is 8.</summary>
    public int PatchLength { get; init; } = 8;

    /// <summary>
    /// The tokens there are, padding (0) included; for <see cref="InputEmbedding.Tokens"/> alone. The default, 0, is for a trainer over a
    /// column of keys, which takes their number and one more.
    /// </summary>
    public int VocabularySize { get; init; }

    /// <summary>How a step knows where it stands. The default is sinusoidal.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Sinusoidal;

    /// <summary>The longest sequence, in steps or patches, that learned positions reach. The default is 2048.</summary>
    public int MaximumLength { get; init; } = 2048;

    /// <summary>D, the width of the model. The default is 64.</summary>
    public int ModelDimension { get; init; } = 64;

    /// <summary>H, the attention heads of a block; has to divide <see cref="ModelDimension"/>. The default is 4.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>The transformer blocks. The default is 2.</summary>
    public int LayerCount { get; init; } = 2;

    /// <summary>The hidden width of the feed-forward part of a block. The default is 128.</summary>
    public int FeedForwardDimension { get; init; } = 128;

    /// <summary>The attention mechanism of every block. The default is softmax.</summary>
    public AttentionMechanism Mechanism { get; init; } = AttentionMechanism.Softmax;

    /// <summary>Whether a step sees only itself and the steps before it. The default is false.</summary>
    public bool Causal { get; init; }

    /// <summary>The probability with which training drops an element, from 0 up to 1. The default is 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>How the steps of a sequence become one vector, or that they do not. The default is their mean.</summary>
    public SequencePooling Pooling { get; init; } = SequencePooling.Mean;

    /// <summary>The most steps that an input may have; null where there is no limit.</summary>
    internal long? LongestInput => Positions == PositionEncoding.Learned
        ? (long)MaximumLength * (Embedding == InputEmbedding.Patches ? PatchLength : 1)
        : null;

    internal int HeadDimension => ModelDimension / HeadCount;

    /// <summary>Why a sequence of a column is too long; null where it is not.</summary>
    internal string? Refuse(string column, int length) => length > LongestInput
        ? $"the sequence in column '{column}' has {length} steps, and the model has learned positions for {LongestInput}."
        : null;

    /// <summary>Throws unless an input's numbers are tokens, where the model takes tokens.</summary>
    /// <param name="input">[N, L].</param>
    /// <param name="length">L.</param>
    /// <exception cref="ArgumentException">One is none; the message says where.</exception>
    internal void RequireTokens(ReadOnlySpan<float> input, int length)
    {
        if (Embedding == InputEmbedding.Tokens && TokenRule.IndexOfOther(input, VocabularySize) is var place and >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"Sequence {place / length} holds {input[place]} at step {place % length}; {TokenRule.Allowed(VocabularySize)}"), nameof(input));
        }
    }

    /// <summary>Throws unless a sequence may come in pieces, with a state of fixed size between them.</summary>
    /// <exception cref="NotSupportedException">It has to come whole; the message lists every reason and what to choose instead.</exception>
    internal void RequireStreaming()
    {
        string?[] reasons =
        [
            Causal ? null : "it looks ahead (set Causal = true)",
            Mechanism is IStreamingAttention ? null : $"the mechanism '{Mechanism}' needs the whole past (choose a linear one)",
            Scaling == InputScaling.PerSeries ? "PerSeries scaling needs the whole series (choose FromTraining or None)" : null,
            Embedding == InputEmbedding.Patches ? "a patch is several steps (choose Convolution or Projection)" : null,
            Pooling == SequencePooling.Attention ? "attention pooling compares all steps (choose Mean, Last, First or None)" : null,
        ];
        if (reasons.Any(reason => reason is not null))
        {
            throw new NotSupportedException(
                $"This model cannot take a sequence piece by piece: {string.Join("; ", reasons.Where(reason => reason is not null))}.");
        }
    }

    /// <summary>Checks that the settings go together.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message names it, what it is, and what is allowed.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that <see cref="Causal"/> asks for.</exception>
    public void Validate()
    {
        RequireWithin(FeatureCount, 1 << 20, nameof(FeatureCount));
        RequireWithin(PatchLength, 1 << 16, nameof(PatchLength));
        RequireWithin(MaximumLength, 1 << 20, nameof(MaximumLength));
        RequireWithin(ModelDimension, 1 << 14, nameof(ModelDimension));
        RequireWithin(LayerCount, 256, nameof(LayerCount));
        RequireWithin(FeedForwardDimension, 1 << 17, nameof(FeedForwardDimension));
        RequireWithin(KernelLength, 1023, nameof(KernelLength));
        Require(KernelLength % 2 == 1, nameof(KernelLength), KernelLength, "odd");
        Require(ModelDimension % 2 == 0, nameof(ModelDimension), ModelDimension, "even");
        Require(HeadCount > 0 && ModelDimension % HeadCount == 0, nameof(HeadCount), HeadCount, $"a divisor of ModelDimension {ModelDimension}");
        Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "from 0 up to 1, 1 excluded");
        Require(Enum.IsDefined(Scaling), nameof(Scaling), Scaling, string.Join(", ", Enum.GetNames<InputScaling>()));
        Require(Enum.IsDefined(Embedding), nameof(Embedding), Embedding, string.Join(", ", Enum.GetNames<InputEmbedding>()));
        Require(Enum.IsDefined(Positions), nameof(Positions), Positions, string.Join(", ", Enum.GetNames<PositionEncoding>()));
        Require(Enum.IsDefined(Pooling), nameof(Pooling), Pooling, string.Join(", ", Enum.GetNames<SequencePooling>()));
        if (Embedding == InputEmbedding.Tokens)
        {
            Require(
                VocabularySize is > 1 and <= 1 << 24, nameof(VocabularySize), VocabularySize,
                "from 2 (padding, which is 0, and a token) to 16777216");
            Require(FeatureCount == 1, nameof(FeatureCount), FeatureCount, "1 for tokens");
        }

        if (Positions == PositionEncoding.Rotary)
        {
            Require(HeadDimension % 2 == 0, nameof(HeadCount), HeadCount, $"such that ModelDimension {ModelDimension} / HeadCount is even, for rotary positions");
        }

        if (Pooling == SequencePooling.None)
        {
            Require(Embedding != InputEmbedding.Patches, nameof(Embedding), Embedding, "anything but Patches, where every step has an output of its own");
        }

        ArgumentNullException.ThrowIfNull(Mechanism);
        Mechanism.RequireDirection(Causal);
    }

    // The upper limits keep a damaged or hostile file from asking for all memory.
    private static void RequireWithin(int value, int largest, string name) => Require(value >= 1 && value <= largest, name, value, $"from 1 to {largest}");

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; it has to be {allowed}."), name);
        }
    }
}
