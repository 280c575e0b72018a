namespace ExportModels;

/// <summary>
/// Generated series of 48 to 96 steps: noise, and two pulses far apart, each up or down. The class says which came first: no single place
/// tells it.
/// </summary>
internal static class PulseOrder
{
    private const double Noise = 0.3;
    private const double Width = 2;
    private static readonly string[] Classes = ["up, up", "up, down", "down, up", "down, down"];

    /// <summary>Rows of all classes in turn.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">What they follow from.</param>
    public static Series[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(row => new Series { Features = Make(row % Classes.Length, random), Label = Classes[row % Classes.Length] })];
    }

    private static float[] Make(int kind, Random random)
    {
        var length = random.Next(48, 97);
        var (first, second) = (random.Next(4, length / 2 - 4), random.Next(length / 2 + 4, length - 4));
        var (firstSign, secondSign) = (kind < 2 ? 1 : -1, kind % 2 == 0 ? 1 : -1);
        return
        [
            .. from step in Enumerable.Range(0, length)
               select (float)(Noise * Normal(random) + firstSign * Pulse(step - first) + secondSign * Pulse(step - second)),
        ];
    }

    private static double Pulse(int distance) => Math.Exp(-0.5 * (distance / Width) * (distance / Width));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>One series as ML.NET reads it.</summary>
    internal sealed class Series
    {
        /// <summary>[L].</summary>
        public required float[] Features { get; init; }

        /// <summary>The class.</summary>
        public required string Label { get; init; }
    }
}
