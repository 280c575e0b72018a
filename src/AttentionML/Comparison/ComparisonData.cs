using AttentionML.Data;

namespace AttentionML.Comparison;

/// <summary>Where the rows of a comparison come from. The same seed gives the same rows, in this process and in another.</summary>
internal abstract class ComparisonData
{
    /// <summary>What reports call it.</summary>
    public abstract string Name { get; }

    /// <summary>The length of the longest row; null where any length can be made.</summary>
    public abstract int? LongestRow { get; }

    public static ComparisonData Open(ComparisonOptions options)
    {
        var width = options.HeadCount * options.HeadDimension;
        return options.SeriesPath is { } path
            ? new SeriesData(Path.GetFileName(path), TimeSeriesFile.Read(path), width, options.BatchSize, options.Seed)
            : new RandomData(width, options.BatchSize, options.Seed);
    }

    /// <summary>Whether a batch of one length has rows that are shorter.</summary>
    public abstract bool IsPadded(int length);

    /// <summary>The batch of rows of one length.</summary>
    public abstract ComparisonInputs Take(int length);

    /// <summary>Normally distributed numbers: mean 0, deviation <paramref name="scale"/>.</summary>
    protected static float[] Normal(Random random, int count, double scale = 1)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            // Box and Muller; 1 − x keeps the logarithm's argument off 0.
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            numbers[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return numbers;
    }

    private sealed class RandomData(int width, int batchSize, int seed) : ComparisonData
    {
        public override string Name => "random";

        public override int? LongestRow => null;

        public override bool IsPadded(int length) => false;

        public override ComparisonInputs Take(int length)
        {
            var random = new Random(seed);
            var count = checked(batchSize * length * width);
            return new(
                Normal(random, count), Normal(random, count), Normal(random, count), [.. Enumerable.Repeat(length, batchSize)], length);
        }
    }
}
