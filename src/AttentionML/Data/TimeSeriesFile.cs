namespace AttentionML.Data;

/// <summary>A file in the <c>.ts</c> format of sktime, aeon and the UCR/UEA archive, read whole.</summary>
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
    public static TimeSeriesFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var reader = new StreamReader(path);
        return Read(reader, path);
    }

    /// <summary>Reads from a text.</summary>
    /// <param name="reader">The text; read to its end, not disposed.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is not in the format; the message gives the line and the reason.</exception>
    public static TimeSeriesFile Read(TextReader reader, string name = "the .ts text")
    {
        ArgumentNullException.ThrowIfNull(reader);
        var header = new TimeSeriesHeader();
        TimeSeriesParser? parser = null;
        var cases = new List<TimeSeries>();
        var number = 0;
        try
        {
            while (reader.ReadLine() is { } line)
            {
                number++;
                var text = line.AsSpan().Trim();
                if (text.IsEmpty || text[0] == '#')
                {
                    continue;
                }

                if (parser is not null)
                {
                    cases.Add(parser.Case(text));
                }
                else if (header.Add(text))
                {
                    parser = new TimeSeriesParser(header);
                }
            }
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{name}, line {number}: {error.Message}", error);
        }

        return parser is not null
            ? new TimeSeriesFile(header, cases)
            : throw new InvalidDataException($"{name}, line {number}: the text ends before a line '@data'. Is it a .ts file?");
    }
}
