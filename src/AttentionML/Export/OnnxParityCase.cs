namespace AttentionML.Export;

/// <summary>One comparison of ONNX Runtime with torch, where the two differ most.</summary>
/// <param name="BatchSize">N, sequences.</param>
/// <param name="Length">L, queries.</param>
/// <param name="KeyLength">S, keys and values.</param>
/// <param name="Expected">What torch gives.</param>
/// <param name="Actual">What ONNX Runtime gives.</param>
/// <param name="Error">Their difference, relative to the largest expected output (at least 1).</param>
public readonly record struct OnnxParityCase(int BatchSize, int Length, int KeyLength, double Expected, double Actual, double Error)
{
    /// <summary>Compares two results element by element.</summary>
    /// <param name="batchSize">N.</param>
    /// <param name="length">L.</param>
    /// <param name="keyLength">S.</param>
    /// <param name="expected">What torch gives.</param>
    /// <param name="actual">What ONNX Runtime gives.</param>
    /// <param name="unit">What a difference is relative to; null means the largest expected output, at least 1.</param>
    internal static OnnxParityCase Compare(
        int batchSize, int length, int keyLength, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double? unit = null)
    {
        var (worst, scale, difference) = (0, 1.0, -1.0);
        for (var i = 0; i < expected.Length; i++)
        {
            // Written so that a NaN on either side counts as the largest difference of all.
            var here = Math.Abs((double)expected[i] - actual[i]);
            if (!(here <= difference) && !double.IsNaN(difference))
            {
                (worst, difference) = (i, here);
            }

            scale = Math.Max(scale, Math.Abs(expected[i]));
        }

        return new(batchSize, length, keyLength, expected[worst], actual[worst], difference / (unit ?? scale));
    }
}
