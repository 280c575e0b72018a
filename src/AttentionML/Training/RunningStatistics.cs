namespace AttentionML.Training;

/// <summary>Mean and standard deviation of each feature over many steps (Welford 1962), NaN left out.</summary>
/// <param name="featureCount">The features of one step.</param>
internal sealed class RunningStatistics(int featureCount)
{
    // What varies less is a constant: dividing by less would make noise of it.
    private const double SmallestDeviation = 1e-6;

    private readonly long[] _counts = new long[featureCount];
    private readonly double[] _means = new double[featureCount];
    private readonly double[] _squares = new double[featureCount];

    /// <summary>Takes steps in, [any, features].</summary>
    public void Add(ReadOnlySpan<float> steps)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (float.IsNaN(steps[i]))
            {
                continue;
            }

            var feature = i % featureCount;
            var difference = steps[i] - _means[feature];
            _means[feature] += difference / ++_counts[feature];
            _squares[feature] += difference * (steps[i] - _means[feature]);
        }
    }

    /// <summary>The mean of each feature.</summary>
    public float[] Mean() => Array.ConvertAll(_means, mean => (float)mean);

    /// <summary>The standard deviation of each feature; 1 where it does not vary.</summary>
    public float[] Deviation()
    {
        var deviations = new float[featureCount];
        for (var feature = 0; feature < featureCount; feature++)
        {
            var deviation = Math.Sqrt(_squares[feature] / Math.Max(1, _counts[feature]));
            deviations[feature] = deviation > SmallestDeviation * Math.Max(1, Math.Abs(_means[feature])) ? (float)deviation : 1;
        }

        return deviations;
    }
}
