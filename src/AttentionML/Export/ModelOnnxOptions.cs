namespace AttentionML.Export;

/// <summary>What the ONNX file of a trained model is built for. The batch stays open.</summary>
public sealed record ModelOnnxOptions
{
    /// <summary>
    /// Whether there is an input <c>mask</c>, [batch, length], 1 for a step and 0 for padding, so that rows of different lengths can be
    /// padded to one. What stands in padding does not matter, NaN included. The default is false: every step counts.
    /// </summary>
    public bool Masked { get; init; }

    /// <summary>
    /// L, the steps of every row, written into the file. <c>ApplyOnnxModel</c> needs it for columns of fixed size. The default is null: the
    /// length stays open.
    /// </summary>
    public int? FixedLength { get; init; }

    /// <summary>
    /// Whether the stages of a chain that ONNX does not get may be left out: the file then takes what the attention stage takes, and gives
    /// what it gives. The default is false: such stages are listed in an error.
    /// </summary>
    public bool IgnoreOtherStages { get; init; }

    /// <summary>
    /// The largest error against torch, relative to the largest score (at least 1); for regression in standard deviations of the training
    /// labels. The default is null: the tolerance of the mechanism, once for each block and once for the rest.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>Throws unless the options are in their ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length or a tolerance is not greater than 0.</exception>
    public void Validate()
    {
        if (FixedLength is { } length)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length, nameof(FixedLength));
        }

        if (Tolerance is { } tolerance && !(tolerance > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(Tolerance), tolerance, "A tolerance has to be greater than 0.");
        }
    }
}
