namespace ClassifySeries;

/// <summary>
/// The nearest neighbour under dynamic time warping with a full window; the channels warp together, a step's cost being the squared
/// distance over all of them (Shokoohi-Yekta et al. 2017, "dependent" DTW).
/// </summary>
internal static class DynamicTimeWarping
{
    /// <summary>The least sum of squared distances along a path from both beginnings to both ends; the order of the two does not matter.</summary>
    /// <param name="first">Row-major, [L, channels].</param>
    /// <param name="second">Row-major, [M, channels]; M may differ from L.</param>
    /// <param name="channelCount">Values at each step.</param>
    /// <param name="enough">A distance at which to stop and answer infinity: what is farther is not asked for. The default is none.</param>
    public static double Distance(
        ReadOnlySpan<float> first, ReadOnlySpan<float> second, int channelCount, double enough = double.PositiveInfinity)
    {
        var (rows, columns) = (first.Length / channelCount, second.Length / channelCount);
        var (above, row) = (new double[columns + 1], new double[columns + 1]);
        above.AsSpan().Fill(double.PositiveInfinity);
        above[0] = 0;
        for (var i = 0; i < rows; i++)
        {
            var step = first.Slice(i * channelCount, channelCount);
            var least = row[0] = double.PositiveInfinity;
            for (var j = 0; j < columns; j++)
            {
                var other = second.Slice(j * channelCount, channelCount);
                var cost = 0.0;
                for (var channel = 0; channel < channelCount; channel++)
                {
                    double difference = step[channel] - other[channel];
                    cost += difference * difference;
                }

                row[j + 1] = cost + Math.Min(above[j], Math.Min(above[j + 1], row[j]));
                least = Math.Min(least, row[j + 1]);
            }

            // Every path crosses this row, and no path gets shorter.
            if (least >= enough)
            {
                return double.PositiveInfinity;
            }

            (above, row) = (row, above);
        }

        return above[columns];
    }

    /// <summary>The part of the test rows whose nearest training row is of their class.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static double Accuracy(SeriesSet set, CancellationToken cancellation)
    {
        var right = 0;
        foreach (var row in set.Test)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Nearest(set, row).Label == row.Label)
            {
                right++;
            }
        }

        return (double)right / set.Test.Count;
    }

    /// <summary>The steps that <see cref="Accuracy"/> compares at most.</summary>
    public static long Work(SeriesSet set)
    {
        long Steps(IEnumerable<SeriesRow> rows) => rows.Sum(row => (long)row.Features.Length / set.ChannelCount);
        return Steps(set.Train) * Steps(set.Test) * set.ChannelCount;
    }

    private static SeriesRow Nearest(SeriesSet set, SeriesRow row)
    {
        var (nearest, least) = (set.Train[0], double.PositiveInfinity);
        foreach (var candidate in set.Train)
        {
            var distance = Distance(row.Features, candidate.Features, set.ChannelCount, least);
            if (distance < least)
            {
                (nearest, least) = (candidate, distance);
            }
        }

        return nearest;
    }
}
