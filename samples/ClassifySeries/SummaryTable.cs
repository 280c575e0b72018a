using System.Globalization;
using System.Text;

namespace ClassifySeries;

/// <summary>One Markdown table of several sets: what the README has.</summary>
internal static class SummaryTable
{
    private static readonly (string Name, string Title)[] Baselines =
    [
        (PublishedBaselines.NearestNeighbour, "1-NN DTW"), ("ML.NET LbfgsMaximumEntropy", "L-BFGS"), ("ML.NET LightGbm", "LightGBM"),
    ];

    /// <summary>Test accuracy in percent: the median over the seeds of each mechanism, then the baselines.</summary>
    /// <param name="folder">Each folder in it that has a <c>results.json</c> is a line, in order of name.</param>
    /// <exception cref="InvalidDataException">There is no results file, or one holds something else.</exception>
    public static string Of(string folder)
    {
        var sets = Directory.EnumerateFiles(folder, "results.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Results.Read).ToArray();
        if (sets.Length == 0)
        {
            throw new InvalidDataException($"'{folder}' has no results.json in its folders; train first, or give another folder.");
        }

        var mechanisms = sets.SelectMany(set => set.Runs).Select(run => run.Mechanism).Distinct().ToArray();
        var text = new StringBuilder("| set | seeds |").AppendJoin("|", mechanisms.Concat(Baselines.Select(baseline => baseline.Title)).Select(name => $" {name} "));
        text.Append("|\n|---|--:|").Append(string.Concat(Enumerable.Repeat("--:|", mechanisms.Length + Baselines.Length))).Append('\n');
        foreach (var set in sets)
        {
            double?[] cells =
            [
                .. mechanisms.Select(mechanism => set.Runs.Where(run => run.Mechanism == mechanism).Select(run => run.TestAccuracy).ToArray())
                    .Select(runs => runs.Length == 0 ? (double?)null : AttentionRun.Median(runs)),
                .. Baselines.Select(baseline => set.Baselines.FirstOrDefault(one => one.Name == baseline.Name)?.TestAccuracy),
            ];
            text.Append(CultureInfo.InvariantCulture, $"| {set.Dataset} | {set.Runs.Select(run => run.Seed).Distinct().Count()} | ")
                .AppendJoin(" | ", cells.Select(cell => (100 * cell)?.ToString("0.0", CultureInfo.InvariantCulture) ?? "–"))
                .Append(" |\n");
        }

        return text.ToString();
    }
}
