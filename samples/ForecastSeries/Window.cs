using Microsoft.ML.Data;

namespace ForecastSeries;

/// <summary>
/// A stretch of one variable as ML.NET reads it: what is known, and what is to be foretold. Both are relative to the last known value, as
/// NLinear has it (Zeng et al. 2023, section 4), for every model here alike.
/// </summary>
internal sealed class Window
{
    /// <summary>The hours that are known, two weeks, as the published linear models have.</summary>
    public const int Past = 336;

    /// <summary>The hours to foretell.</summary>
    public const int Horizon = 96;

    /// <summary>The known values, [Past].</summary>
    [VectorType(Past)]
    public required float[] Features { get; init; }

    /// <summary>The values to foretell, [Horizon].</summary>
    [VectorType(Horizon)]
    public required float[] Label { get; init; }

    /// <summary>The last known value.</summary>
    [NoColumn]
    public required float Last { get; init; }

    /// <summary>Every window of every variable whose future lies in a stretch of hours.</summary>
    /// <param name="data">The values.</param>
    /// <param name="from">The first hour of the first future; what is known may lie before it, as far as there are hours.</param>
    /// <param name="to">The hour after the last one.</param>
    /// <param name="stride">The hours between the starts of two windows of a variable.</param>
    /// <returns>Variable by variable, each in order of time.</returns>
    public static IReadOnlyList<Window> Of(Transformers data, int from, int to, int stride = 1) =>
        [.. data.Values.SelectMany(values => Starts(from, to, stride).Select(start => At(values, start)))];

    private static Window At(float[] values, int start)
    {
        var last = values[start - 1];
        float[] Relative(int first, int count) => Array.ConvertAll(values[first..(first + count)], value => value - last);
        return new() { Features = Relative(start - Past, Past), Label = Relative(start, Horizon), Last = last };
    }

    private static IEnumerable<int> Starts(int from, int to, int stride)
    {
        for (var start = Math.Max(from, Past); start + Horizon <= to; start += stride)
        {
            yield return start;
        }
    }
}
