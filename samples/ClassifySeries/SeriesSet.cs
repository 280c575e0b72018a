using AttentionML.Data;

namespace ClassifySeries;

/// <summary>Series to learn from and series to judge by.</summary>
/// <param name="Name">What results and tables call it.</param>
/// <param name="ChannelCount">Values at each step.</param>
/// <param name="Train">The rows to learn from.</param>
/// <param name="Test">The rows to judge by; their classes all occur in <paramref name="Train"/>.</param>
internal sealed record SeriesSet(string Name, int ChannelCount, IReadOnlyList<SeriesRow> Train, IReadOnlyList<SeriesRow> Test)
{
    /// <summary>The longest series, in steps.</summary>
    public int LongestLength => Train.Concat(Test).Max(row => row.Features.Length) / ChannelCount;

    /// <summary>Reads two files in the <c>.ts</c> format.</summary>
    /// <param name="train">The rows to learn from; the set is called after this file, <c>X_TRAIN.ts</c> making X.</param>
    /// <param name="test">The rows to judge by.</param>
    /// <exception cref="InvalidDataException">A file is not in the format, has no classes, or does not fit the other.</exception>
    public static SeriesSet Read(string train, string test)
    {
        var (trainRows, channels) = Rows(train);
        var (testRows, testChannels) = Rows(test);
        if (channels != testChannels)
        {
            throw new InvalidDataException($"'{train}' has {channels} channels and '{test}' has {testChannels}; give two files of the same set.");
        }

        var classes = trainRows.Select(row => row.Label).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classes.Length < 2)
        {
            throw new InvalidDataException($"'{train}' has the single class '{classes[0]}'; there have to be two or more to tell apart.");
        }

        if (testRows.Select(row => row.Label).FirstOrDefault(label => !classes.Contains(label)) is { } unknown)
        {
            throw new InvalidDataException(
                $"'{test}' has a row of class '{unknown}', which '{train}' does not have; it has {string.Join(", ", classes)}.");
        }

        return new(Path.GetFileNameWithoutExtension(train).Replace("_TRAIN", "", StringComparison.OrdinalIgnoreCase), channels, trainRows, testRows);
    }

    private static (SeriesRow[] Rows, int Channels) Rows(string path)
    {
        var file = TimeSeriesFile.Read(path);
        if (file.Cases.Count == 0 || file.Cases.Any(series => series.Label is null))
        {
            throw new InvalidDataException($"'{path}' has {(file.Cases.Count == 0 ? "no rows" : "no classes")}; every row needs a class behind its last ':'.");
        }

        return ([.. file.Cases.Select(series => new SeriesRow { Features = series.Values, Label = series.Label! })], file.ChannelCount); // checked above
    }
}
