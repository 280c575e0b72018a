namespace AttentionML.Export;

/// <summary>What an exported attention is built for. Batch and lengths stay open.</summary>
public sealed record AttentionOnnxOptions : OnnxExportOptions
{
    private readonly int? _valueDimension;

    /// <summary>H, heads side by side in every input and in the output.</summary>
    public required int HeadCount { get; init; }

    /// <summary>d, features of a query or key per head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>m, features of a value per head. The default is <see cref="HeadDimension"/>.</summary>
    public int ValueDimension
    {
        get => _valueDimension ?? HeadDimension;
        init => _valueDimension = value;
    }

    /// <summary>Whether a query sees only the keys at its own and earlier positions. The default is false.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Whether one input, <c>features</c>, serves as queries, keys and values; needs <see cref="ValueDimension"/> to be
    /// <see cref="HeadDimension"/>. The default is false: three inputs.
    /// </summary>
    public bool SelfAttention { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A size is not greater than 0.</exception>
    /// <exception cref="ArgumentException">Self-attention with values that are not as wide as the keys.</exception>
    public override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadDimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ValueDimension);
        if (SelfAttention && ValueDimension != HeadDimension)
        {
            throw new ArgumentException(
                $"With SelfAttention the values are the keys: ValueDimension {ValueDimension} must be HeadDimension {HeadDimension}.");
        }
    }
}
