namespace AttentionML.Comparison;

/// <summary>y = c · xˢ, fitted by least squares on the logarithms.</summary>
/// <param name="Slope">s: 1 where time grows with the length, 2 where it grows with its square.</param>
/// <param name="R2">The part of the variance of log y that the line explains; 1 is a perfect fit.</param>
public readonly record struct PowerLaw(double Slope, double R2)
{
    /// <summary>Fits the law.</summary>
    /// <param name="points">Points with both coordinates above 0.</param>
    /// <returns>The fit; null for fewer than three points, for which R² says nothing.</returns>
    /// <exception cref="ArgumentException">A coordinate is not above 0, or all x are the same.</exception>
    public static PowerLaw? Fit(IReadOnlyCollection<(double X, double Y)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count < 3)
        {
            return null;
        }

        foreach (var (a, b) in points)
        {
            if (!(a > 0 && b > 0))
            {
                throw new ArgumentException($"({a}, {b}) has no logarithm: both coordinates must be above 0.", nameof(points));
            }
        }

        var x = points.Select(point => Math.Log(point.X)).ToArray();
        var y = points.Select(point => Math.Log(point.Y)).ToArray();
        var (meanX, meanY) = (x.Average(), y.Average());
        var xx = x.Sum(value => (value - meanX) * (value - meanX));
        var yy = y.Sum(value => (value - meanY) * (value - meanY));
        var xy = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum();
        if (xx == 0)
        {
            throw new ArgumentException($"All {points.Count} points stand at x = {points.First().X}; a slope needs two.", nameof(points));
        }

        return new(xy / xx, yy == 0 ? 1 : xy * xy / (xx * yy));
    }

    /// <summary>
    /// Where one curve comes to stay below another: the x at which log y of both are the same, on straight lines between the points.
    /// </summary>
    /// <param name="points">x, and both curves' y there; ascending in x, everything above 0.</param>
    /// <returns>
    /// The last crossing; the first x where <c>Y</c> is below <c>Other</c> from the start; null where it is not below at the end.
    /// </returns>
    public static double? Crossover(IReadOnlyList<(double X, double Y, double Other)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0 || points[^1].Y >= points[^1].Other)
        {
            return null;
        }

        var last = points.Count - 1;
        while (last > 0 && points[last - 1].Y < points[last - 1].Other)
        {
            last--;
        }

        if (last == 0)
        {
            return points[0].X;
        }

        var (before, after) = (points[last - 1], points[last]);
        var (above, below) = (Math.Log(before.Y / before.Other), Math.Log(after.Y / after.Other));   // ≥ 0, < 0
        return Math.Exp(Math.Log(before.X) + (above / (above - below) * Math.Log(after.X / before.X)));
    }
}
