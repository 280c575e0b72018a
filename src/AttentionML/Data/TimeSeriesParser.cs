using System.Globalization;

namespace AttentionML.Data;

/// <summary>Reads the cases of a <c>.ts</c> file, one line each.</summary>
internal sealed class TimeSeriesParser(TimeSeriesHeader header)
{
    private readonly HashSet<string> _classes = [.. header.Classes];
    private int? _channelCount = header.ChannelCount;

    public TimeSeries Case(ReadOnlySpan<char> line)
    {
        string? label = null;
        if (header.HasLabel)
        {
            var end = line.LastIndexOf(':');
            if (end < 0)
            {
                throw new FormatException("there is no ':' in front of the label.");
            }

            label = Label(line[(end + 1)..].Trim());
            line = line[..end];
        }

        var channelCount = line.Count(':') + 1;
        if (channelCount != (_channelCount ??= channelCount))
        {
            throw new FormatException($"the case has {channelCount} channels; {_channelCount} were expected.");
        }

        var length = LengthOf(line);
        var values = new float[checked(length * channelCount)];
        var channel = 0;
        foreach (var part in line.Split(':'))
        {
            Fill(values, line[part], channel++, channelCount);
        }

        return new TimeSeries(values, length, label);
    }

    private int LengthOf(ReadOnlySpan<char> line)
    {
        var end = line.IndexOf(':');
        var length = (end < 0 ? line : line[..end]).Count(',') + 1;
        return length == (header.Length ?? length)
            ? length
            : throw new FormatException($"the case has {length} values; '@seriesLength {header.Length}' promises {header.Length}.");
    }

    private string Label(ReadOnlySpan<char> text)
    {
        var label = text.ToString();
        if (label.Length == 0)
        {
            throw new FormatException("the label behind the last ':' is empty.");
        }

        return _classes.Count == 0 || _classes.Contains(label)
            ? label
            : throw new FormatException($"the label '{label}' is not one of '@classLabel': {string.Join(", ", header.Classes)}.");
    }

    private static void Fill(float[] values, ReadOnlySpan<char> text, int channel, int channelCount)
    {
        var length = values.Length / channelCount;
        var step = 0;
        foreach (var part in text.Split(','))
        {
            if (step < length)
            {
                values[(step * channelCount) + channel] = Value(text[part].Trim(), channel, step);
            }

            step++;
        }

        if (step != length)
        {
            throw new FormatException($"channel {channel + 1} has {step} values where channel 1 has {length}.");
        }
    }

    private static float Value(ReadOnlySpan<char> text, int channel, int step)
    {
        if (text is "?" || text.Equals("NaN", StringComparison.OrdinalIgnoreCase))
        {
            return float.NaN;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value)
            ? value
            : throw new FormatException(
                $"value {step + 1} of channel {channel + 1} is '{text[..Math.Min(text.Length, 40)]}', not a finite number, '?' or NaN.");
    }
}
