using System.Numerics.Tensors;
using AttentionML.Data;

namespace AttentionML.Comparison;

/// <summary>
/// Rows of a file. Each channel is brought to mean 0 and deviation 1, a missing value to 0; three seeded linear maps lift each step to
/// queries, keys and values of the width that is compared.
/// </summary>
internal sealed class SeriesData : ComparisonData
{
    private readonly IReadOnlyList<TimeSeries> _cases;
    private readonly int _batchSize;
    private readonly int _width;
    private readonly int _channelCount;
    private readonly float[] _mean;
    private readonly float[] _scale;
    private readonly float[][] _maps;

    public SeriesData(string name, TimeSeriesFile file, int width, int batchSize, int seed)
    {
        if (file.Cases.Count == 0)
        {
            throw new InvalidDataException($"{name} has no cases after '@data'; at least one is needed.");
        }

        (Name, _cases, _width, _batchSize, _channelCount) = (name, file.Cases, width, batchSize, file.ChannelCount);
        (_mean, _scale) = Standardization();
        var random = new Random(seed);
        _maps = [.. Enumerable.Range(0, 3).Select(_ => Normal(random, _channelCount * width, 1 / Math.Sqrt(_channelCount)))];
    }

    public override string Name { get; }

    public override int? LongestRow => _cases.Max(row => row.Length);

    // Rows that reach the length come first, so that there is padding only where the file has too few of them.
    public override ComparisonInputs Take(int length)
    {
        var rows = Rows(length);
        var lifted = _maps.Select(map => Lift(rows, map, length)).ToArray();
        return new(lifted[0], lifted[1], lifted[2], [.. rows.Select(row => Math.Min(row.Length, length))], length);
    }

    public override bool IsPadded(int length) => Rows(length).Any(row => row.Length < length);

    private TimeSeries[] Rows(int length)
    {
        var ordered = _cases.OrderBy(row => row.Length < length).ToArray();
        return [.. Enumerable.Range(0, _batchSize).Select(i => ordered[i % ordered.Length])];
    }

    private float[] Lift(TimeSeries[] rows, float[] map, int length)
    {
        var lifted = new float[checked(rows.Length * length * _width)];                   // [N, L, H·d]
        for (var row = 0; row < rows.Length; row++)
        {
            for (var step = 0; step < Math.Min(rows[row].Length, length); step++)
            {
                var target = lifted.AsSpan(((row * length) + step) * _width, _width);
                for (var channel = 0; channel < _channelCount; channel++)
                {
                    var value = (rows[row].Values[(step * _channelCount) + channel] - _mean[channel]) * _scale[channel];
                    if (!float.IsNaN(value))
                    {
                        TensorPrimitives.MultiplyAdd(map.AsSpan(channel * _width, _width), value, target, target);
                    }
                }
            }
        }

        return lifted;
    }

    private (float[] Mean, float[] Scale) Standardization()
    {
        var (mean, scale) = (new float[_channelCount], new float[_channelCount]);
        for (var channel = 0; channel < _channelCount; channel++)
        {
            var values = Channel(channel);
            mean[channel] = values.Length == 0 ? 0 : (float)values.Average();
            var variance = values.Length == 0 ? 0 : values.Average(value => (value - mean[channel]) * (value - mean[channel]));
            scale[channel] = variance > 0 ? (float)(1 / Math.Sqrt(variance)) : 1;
        }

        return (mean, scale);
    }

    private double[] Channel(int channel) =>
    [
        .. _cases.SelectMany(row => Enumerable.Range(0, row.Length), (row, step) => (double)row.Values[(step * _channelCount) + channel])
            .Where(double.IsFinite),
    ];
}
