namespace AttentionML.Export;

/// <summary>One comparison of ONNX Runtime or managed code with torch, where the two differ most.</summary>
/// <param name="BatchSize">N, sequences.</param>
/// <param name="Length">L, queries.</param>
/// <param name="KeyLength">S, keys and values.</param>
/// <param name="Expected">What torch gives in single precision.</param>
/// <param name="Actual">What the other gives.</param>
/// <param name="Error">Their difference, relative to the largest expected output (at least 1).</param>
public readonly record struct ParityCase(int BatchSize, int Length, int KeyLength, double Expected, double Actual, double Error)
{
    /// <summary>The output that was compared.</summary>
    public string Output { get; init; } = "";

    /// <summary>The root of the mean square of all differences, relative to the same.</summary>
    public double RmsError { get; init; }

    /// <summary>The largest difference to the formula in double precision, relative to the same.</summary>
    public double ReferenceError { get; init; }

    /// <summary>The root of the mean square of all differences to the formula in double precision, relative to the same.</summary>
    public double ReferenceRmsError { get; init; }

    /// <summary>Compares a result with two others, element by element.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="single">What torch gives in single precision.</param>
    /// <param name="reference">What the formula gives in double precision.</param>
    /// <param name="actual">What the other gives.</param>
    /// <param name="unit">What a difference is relative to; null means the largest expected output, at least 1.</param>
    internal static ParityCase Compare(
        ParityShape shape, ReadOnlySpan<double> single, ReadOnlySpan<double> reference, ReadOnlySpan<float> actual, double? unit = null)
    {
        var relativeTo = unit ?? Scale(single);
        var (compared, exact) = (Compare(shape, single, actual, relativeTo), Compare(shape, reference, actual, relativeTo));
        return compared with { ReferenceError = exact.Error, ReferenceRmsError = exact.RmsError };
    }

    /// <summary>Compares two results element by element.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="expected">What torch gives.</param>
    /// <param name="actual">What the other gives.</param>
    /// <param name="unit">What a difference is relative to; null means the largest expected output, at least 1.</param>
    internal static ParityCase Compare(ParityShape shape, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double? unit = null)
    {
        var relativeTo = unit ?? Scale(expected);
        var (worst, difference, squares) = (0, -1.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            // Written so that a NaN on either side counts as the largest difference of all.
            var here = Math.Abs(expected[i] - actual[i]);
            if (!(here <= difference) && !double.IsNaN(difference))
            {
                (worst, difference) = (i, here);
            }

            squares += here * here;
        }

        return new(shape.BatchSize, shape.Length, shape.KeyLength, expected[worst], actual[worst], difference / relativeTo)
        {
            RmsError = Math.Sqrt(squares / expected.Length) / relativeTo,
        };
    }

    private static double Scale(ReadOnlySpan<double> expected)
    {
        var scale = 1.0;
        foreach (var element in expected)
        {
            scale = Math.Max(scale, Math.Abs(element));
        }

        return scale;
    }
}
