namespace AttentionML.Data;

/// <summary>Reads a file in the <c>.ts</c> format case by case, so that it may be larger than memory. For one thread.</summary>
/// <remarks>The format is that of <see cref="TimeSeriesFile"/>.</remarks>
public sealed class TimeSeriesReader : IDisposable
{
    private readonly TextReader _text;
    private readonly string _name;
    private readonly TimeSeriesParser _parser;
    private int _line;

    internal TimeSeriesReader(TextReader text, string name)
    {
        (_text, _name) = (text, name);
        while (NextLine() is { } line)
        {
            if (Checked(() => Header.Add(line)))
            {
                _parser = new TimeSeriesParser(Header);
                return;
            }
        }

        throw new InvalidDataException($"{name}, line {_line}: the text ends before a line '@data'. Is it a .ts file?");
    }

    internal TimeSeriesHeader Header { get; } = new();

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The file; UTF-8.</param>
    /// <exception cref="InvalidDataException">It is not such a file; the message names the file, the line and the reason.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static TimeSeriesReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = new StreamReader(path);
        try
        {
            return new(text, path);
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next case.</summary>
    /// <returns>The case; null at the end of the file.</returns>
    /// <exception cref="InvalidDataException">It is not in the format; the message names the file, the line and the reason.</exception>
    public TimeSeries? Read() => NextLine() is { } line ? Checked(() => _parser.Case(line)) : null;

    /// <summary>Passes over the next case without parsing it.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Skip() => NextLine() is not null;

    /// <summary>Closes the file.</summary>
    public void Dispose() => _text.Dispose();

    // The next line that is neither empty nor a comment.
    private string? NextLine()
    {
        while (_text.ReadLine() is { } line)
        {
            _line++;
            line = line.Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                return line;
            }
        }

        return null;
    }

    private T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{_name}, line {_line}: {error.Message}", error);
        }
    }
}
