namespace AttentionML.Export;

/// <summary>What the ONNX file of a trained model is built for. The batch stays open.</summary>
public sealed record ModelOnnxOptions : OnnxExportOptions
{
    /// <summary>
    /// L, the steps of every row, written into the file. <c>ApplyOnnxModel</c> needs it for columns of fixed size. The default is null: the
    /// length stays open.
    /// </summary>
    public int? FixedLength { get; init; }

    /// <summary>
    /// The most bytes of weights that stay in the model's file. Where there are more, they go to a file beside it whose name the model
    /// says, <c>model.HASH.data</c>; the two belong together, and ML.NET's <c>ApplyOnnxModel</c> cannot save such a model. The default is
    /// 1 GiB; the format ends at 2.
    /// </summary>
    public long LargestInside { get; init; } = 1L << 30;

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

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (FixedLength is { } length)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length, nameof(FixedLength));
        }

        if (LargestInside is < 0 or > 2_000_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(LargestInside), LargestInside, "An ONNX file holds from 0 to 2,000,000,000 bytes of weights.");
        }

        if (Tolerance is { } tolerance && !(tolerance > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(Tolerance), tolerance, "A tolerance has to be greater than 0.");
        }
    }
}
