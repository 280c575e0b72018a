using AttentionML.Data;

namespace ScoreSeries;

/// <summary>Some cases of a file, one behind another.</summary>
/// <param name="Source">The file.</param>
/// <param name="Place">Which part of the file, from 0.</param>
/// <param name="FirstCase">The number of its first case in the file, from 0.</param>
/// <param name="Cases">The cases; empty where another process takes them, or their scores are there.</param>
internal sealed record SeriesPart(string Source, int Place, long FirstCase, IReadOnlyList<TimeSeries> Cases)
{
    /// <summary>Reads a file part by part.</summary>
    /// <param name="source">The file.</param>
    /// <param name="size">The cases of a part; the last one may have fewer.</param>
    /// <param name="isWanted">Whether the cases of a part are to be read; otherwise they are passed over.</param>
    /// <exception cref="InvalidDataException">A case cannot be read; the message names the file, the line and the reason.</exception>
    public static IEnumerable<SeriesPart> Read(string source, int size, Func<int, bool> isWanted)
    {
        using var reader = TimeSeriesReader.Open(source);
        for (var place = 0; ; place++)
        {
            var cases = new List<TimeSeries>();
            var isRead = isWanted(place);
            var count = 0;
            while (count < size && (isRead ? Take(reader, cases) : reader.Skip()))
            {
                count++;
            }

            if (count > 0)
            {
                yield return new(source, place, (long)place * size, cases);
            }

            if (count < size)
            {
                yield break;
            }
        }
    }

    private static bool Take(TimeSeriesReader reader, List<TimeSeries> cases)
    {
        if (reader.Read() is not { } one)
        {
            return false;
        }

        cases.Add(one);
        return true;
    }
}
