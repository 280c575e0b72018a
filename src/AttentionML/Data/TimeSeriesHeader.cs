using System.Globalization;

namespace AttentionML.Data;

/// <summary>The <c>@</c> lines of a <c>.ts</c> file. Names are read in any case, and those that say nothing about the cases are passed over.</summary>
internal sealed class TimeSeriesHeader
{
    private static readonly char[] Blanks = [' ', '\t'];
    private bool _saysWhetherLabelled;

    public string ProblemName { get; private set; } = "";

    public int? ChannelCount { get; private set; }

    /// <summary>The length that every case must have; null where they may differ.</summary>
    public int? Length { get; private set; }

    public bool HasLabel { get; private set; }

    public IReadOnlyList<string> Classes { get; private set; } = [];

    /// <summary>Reads one line and answers whether it was <c>@data</c>.</summary>
    public bool Add(ReadOnlySpan<char> line)
    {
        var words = line.ToString().Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (words[0][0] != '@')
        {
            throw new FormatException($"'{Shown(words[0])}' stands before '@data', where only '@' and '#' lines may stand.");
        }

        switch (words[0].ToUpperInvariant())
        {
            case "@DATA":
                return Complete();
            case "@PROBLEMNAME":
                ProblemName = string.Join(' ', words[1..]);
                break;
            case "@TIMESTAMPS":
                if (Flag(words))
                {
                    throw new FormatException("'@timeStamps true' is not supported: values must stand alone, without time stamps.");
                }

                break;
            case "@UNIVARIATE":
                if (Flag(words))
                {
                    ChannelCount = 1;
                }

                break;
            case "@DIMENSIONS":
                ChannelCount = Count(words);
                break;
            case "@EQUALLENGTH":
                _ = Flag(words);
                break;
            case "@SERIESLENGTH":
                Length = Count(words);
                break;
            case "@CLASSLABEL":
                (_saysWhetherLabelled, HasLabel, Classes) = (true, Flag(words), words[Math.Min(2, words.Length)..]);
                if (HasLabel && Classes.Count == 0)
                {
                    throw new FormatException("'@classLabel true' must be followed by the classes.");
                }

                break;
            case "@TARGETLABEL":
                (_saysWhetherLabelled, HasLabel) = (true, Flag(words));
                break;
            default:
                break;
        }

        return false;
    }

    private static bool Flag(string[] words) => words.Length > 1 && bool.TryParse(words[1], out var flag)
        ? flag
        : throw new FormatException($"'{words[0]}' must be followed by true or false{But(words)}.");

    private static int Count(string[] words) =>
        words.Length > 1 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException($"'{words[0]}' must be followed by a number from 1 up{But(words)}.");

    private static string But(string[] words) => words.Length > 1 ? $", not '{Shown(words[1])}'" : "";

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private bool Complete() => _saysWhetherLabelled
        ? true
        : throw new FormatException("'@data' comes before '@classLabel' or '@targetLabel', so it is open whether cases end in a label.");
}
