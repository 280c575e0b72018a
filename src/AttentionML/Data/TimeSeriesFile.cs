namespace AttentionML.Data;

/// <summary>A file in the <c>.ts</c> format of sktime, aeon and the UCR/UEA archive, read whole; <see cref="TimeSeriesReader"/> reads case by case.</summary>
/// <remarks>
/// Lines that begin with <c>#</c> are comments, those with <c>@</c> the header; after <c>@data</c> each line is one case,
/// <c>channel:channel:…:label</c>, a channel being its values separated by commas and <c>?</c> or <c>NaN</c> a missing one. Cases may differ
/// in length, the channels of one case may not. Values with their own time stamps are refused.
/// </remarks>
public sealed class TimeSeriesFile
{
    internal TimeSeriesFile(TimeSeriesHeader header, IReadOnlyList<TimeSeries> cases) => (Header, Cases) = (header, cases);

    /// <summary>The series, in the order of the file.</summary>
    public IReadOnlyList<TimeSeries> Cases { get; }

    /// <summary>The name that the file gives its problem; empty where it gives none.</summary>
    public string ProblemName => Header.ProblemName;

    /// <summary>The classes that the header lists; empty for a regression target and for a file without labels.</summary>
    public IReadOnlyList<string> Classes => Header.Classes;

    /// <summary>Values at each step, the same in every case.</summary>
    public int ChannelCount => Cases.Count == 0 ? 0 : Cases[0].ChannelCount;

    private TimeSeriesHeader Header { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; UTF-8.</param>
    /// <exception cref="InvalidDataException">It is not such a file; the message names the file, the line and the reason.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static TimeSeriesFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var reader = TimeSeriesReader.Open(path);
        return ReadAll(reader);
    }

    /// <summary>Reads from a text.</summary>
    /// <param name="reader">The text; read to its end, not disposed.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is not in the format; the message gives the line and the reason.</exception>
    public static TimeSeriesFile Read(TextReader reader, string name = "the .ts text")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return ReadAll(new(reader, name));
    }

    private static TimeSeriesFile ReadAll(TimeSeriesReader reader)
    {
        var cases = new List<TimeSeries>();
        while (reader.Read() is { } one)
        {
            cases.Add(one);
        }

        return new(reader.Header, cases);
    }
}
