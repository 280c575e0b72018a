namespace ClassifySeries;

/// <summary>Test accuracies that others published, on the archive's own split into training and test rows; DTW with a full window.</summary>
internal static class PublishedBaselines
{
    /// <summary>What 1-NN DTW is called, published or computed.</summary>
    public const string NearestNeighbour = "1-NN DTW";

    private const string Archive = "published, the UCR archive's table";
    private const string Authors = "published, the authors' result files";

    private static readonly string[] Names = ["1-NN ED", NearestNeighbour, "ROCKET", "InceptionTime", "ResNet", "FCN", "MLP", "Encoder"];

    // Percent, in the order of the names; NaN where nothing was published.
    private static readonly Dictionary<string, double[]> Figures = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SyntheticControl"] = [88.0, 99.3, 99.97, 99.7, 99.8, 98.5, 97.6, 99.6],
        ["GunPoint"] = [91.3, 90.7, 100, 100, 99.1, 100, 92.7, 93.6],
        ["ItalyPowerDemand"] = [95.5, 95.0, 97.0, 96.5, 96.3, 96.1, 95.4, 96.5],
        ["JapaneseVowels"] = [double.NaN, double.NaN, double.NaN, double.NaN, 99.2, 99.3, 97.6, 97.6],
        ["OSULeaf"] = [52.1, 59.1, 94.1, 94.2, 98.0, 97.9, 56.0, 55.4],
        ["ACSF1"] = [54.0, 64.0, 88.6, 92.0, 91.6, 89.8, 55.8, 44.4],
        ["PLAID"] = [73.0, 93.1, 90.3, 94.4, 94.0, 90.4, 62.5, 72.8],
    };

    /// <summary>The figures for a set, none where it is not among them.</summary>
    /// <param name="set">The name of the set in the archive.</param>
    public static IEnumerable<Baseline> Of(string set) =>
        from pair in Figures.GetValueOrDefault(set, []).Zip(Names)
        where !double.IsNaN(pair.First)
        select new Baseline(pair.Second, pair.First / 100, pair.Second.StartsWith("1-NN", StringComparison.Ordinal) ? Archive : Authors);
}
