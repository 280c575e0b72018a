namespace ClassifySeries;

/// <summary>How often each class was taken for each.</summary>
internal static class Confusion
{
    /// <summary>Counts rows: [actual class][predicted class].</summary>
    /// <param name="classes">The classes, in order.</param>
    /// <param name="rows">The class and the predicted class of each row.</param>
    public static int[][] Count(IReadOnlyList<string> classes, IEnumerable<(string Actual, string Predicted)> rows)
    {
        var number = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        int[][] counts = [.. classes.Select(_ => new int[classes.Count])];
        foreach (var (actual, predicted) in rows)
        {
            counts[number[actual]][number[predicted]]++;
        }

        return counts;
    }

    /// <summary>The part of the rows on the diagonal.</summary>
    public static double Accuracy(int[][] counts) => (double)counts.Index().Sum(row => row.Item[row.Index]) / counts.Sum(row => row.Sum());

    /// <summary>
    /// F1 = 2·TP / (2·TP + FP + FN) of each class, averaged over the classes. A class that neither occurs nor is predicted is left out.
    /// </summary>
    public static double MacroF1(int[][] counts) => counts.Index()
        .Select(row => (Hits: 2.0 * row.Item[row.Index], All: row.Item.Sum() + counts.Sum(other => other[row.Index])))
        .Where(one => one.All > 0)
        .Average(one => one.Hits / one.All);
}
