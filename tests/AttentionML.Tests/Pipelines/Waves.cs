using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

/// <summary>Noisy waves of three forms and of different lengths, seeded.</summary>
internal static class Waves
{
    public static readonly string[] Classes = ["sine", "square", "saw"];

    public static IDataView View(MLContext ml, int count, int seed) => ml.Data.LoadFromEnumerable(Rows(count, seed));

    public static Row[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Make(i % Classes.Length, random))];
    }

    private static Row Make(int kind, Random random)
    {
        var (phase, length) = (random.NextDouble(), random.Next(24, 40));
        var values = Enumerable.Range(0, length).Select(step =>
        {
            var place = (phase + step / 12.0) % 1;
            var clean = kind switch { 0 => Math.Sin(2 * Math.PI * place), 1 => place < 0.5 ? 1 : -1, _ => 2 * place - 1 };
            return (float)(clean + 0.1 * (random.NextDouble() - 0.5));
        });
        return new() { Features = [.. values], Label = Classes[kind] };
    }

    public sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
