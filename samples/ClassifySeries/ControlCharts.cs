namespace ClassifySeries;

/// <summary>
/// The six classes of control charts of Alcock and Manolopoulos (Time-Series Similarity Queries Employing a Feature-Based Approach, 1999),
/// generated: y(t) = m + r·s and a pattern, m = 30, s = 2, r uniform in (−3, 3), t = 1 … 60.
/// </summary>
/// <remarks>Each series is brought to mean 0 and deviation 1, as the UCR archive's SyntheticControl is.</remarks>
internal static class ControlCharts
{
    private const int Length = 60;
    private static readonly string[] Classes = ["normal", "cyclic", "increasing", "decreasing", "upward shift", "downward shift"];

    /// <summary>Generates a set.</summary>
    /// <param name="rowsPerClass">The rows of each class, in training and in test alike.</param>
    /// <param name="seed">What the values follow from.</param>
    public static SeriesSet Generate(int rowsPerClass, int seed)
    {
        var random = new Random(seed);
        return new("ControlCharts", 1, Rows(rowsPerClass, random), Rows(rowsPerClass, random));
    }

    private static SeriesRow[] Rows(int rowsPerClass, Random random) =>
    [
        .. from name in Classes
           from row in Enumerable.Range(0, rowsPerClass)
           select new SeriesRow { Features = Normalized(Chart(name, random)), Label = name },
    ];

    private static double[] Chart(string name, Random random)
    {
        double Between(double low, double high) => low + ((high - low) * random.NextDouble());
        var (amplitude, period) = (Between(10, 15), Between(10, 15));
        var gradient = Between(0.2, 0.5);
        var (shift, from) = (Between(7.5, 20), Between(Length / 3.0, 2 * Length / 3.0));
        double Pattern(int t) => name switch
        {
            "cyclic" => amplitude * Math.Sin(2 * Math.PI * t / period),
            "increasing" => gradient * t,
            "decreasing" => -gradient * t,
            "upward shift" => t >= from ? shift : 0,
            "downward shift" => t >= from ? -shift : 0,
            _ => 0,
        };
        return [.. Enumerable.Range(1, Length).Select(t => 30 + (2 * Between(-3, 3)) + Pattern(t))];
    }

    private static float[] Normalized(double[] values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return [.. values.Select(value => (float)((value - mean) / deviation))];
    }
}
