using System.Globalization;

namespace ForecastSeries;

/// <summary>
/// The hourly load and oil temperature of an electricity transformer, ETTh1 (Zhou et al. 2021), cut and scaled as the published figures
/// have it: 12, 4 and 4 months of 30 days, each variable by the mean and standard deviation of the first part.
/// </summary>
/// <param name="Names">The variables.</param>
/// <param name="Values">The scaled values, [variable][hour].</param>
internal sealed record Transformers(IReadOnlyList<string> Names, float[][] Values)
{
    /// <summary>The hours to learn from: up to this one.</summary>
    public const int TrainEnd = 8640;

    /// <summary>The hours to choose the best epoch by: from <see cref="TrainEnd"/> up to this one.</summary>
    public const int ValidationEnd = 11520;

    /// <summary>The hours to judge by: from <see cref="ValidationEnd"/> up to this one.</summary>
    public const int TestEnd = 14400;

    /// <summary>Reads the file.</summary>
    /// <param name="path"><c>ETTh1.csv</c>: a header, then a date and the variables an hour.</param>
    /// <exception cref="InvalidDataException">The file is something else; the message names the line.</exception>
    public static Transformers Read(string path)
    {
        var lines = File.ReadLines(path).Take(TestEnd + 1).ToArray();
        if (lines.Length <= TestEnd)
        {
            throw new InvalidDataException($"'{path}' has {lines.Length} lines; a header and at least {TestEnd} hours are needed.");
        }

        var names = lines[0].Split(',')[1..];
        var values = Array.ConvertAll(names, _ => new float[TestEnd]);
        for (var hour = 0; hour < TestEnd; hour++)
        {
            var cells = lines[hour + 1].Split(',');
            for (var variable = 0; variable < names.Length; variable++)
            {
                if (cells.Length != names.Length + 1
                    || !float.TryParse(cells[variable + 1], CultureInfo.InvariantCulture, out values[variable][hour]))
                {
                    throw new InvalidDataException($"'{path}', line {hour + 2}: '{lines[hour + 1]}' is not a date and {names.Length} numbers.");
                }
            }
        }

        return new(names, Array.ConvertAll(values, Scale));
    }

    private static float[] Scale(float[] values)
    {
        var train = values[..TrainEnd];
        var mean = train.Average(value => (double)value);
        var deviation = Math.Sqrt(train.Average(value => (value - mean) * (value - mean)));
        return Array.ConvertAll(values, value => (float)((value - mean) / deviation));
    }
}
