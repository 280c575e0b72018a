using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Repository;

/// <summary>The README's example, between the two markers; <see cref="ReadmeTests"/> runs it and holds the README to it.</summary>
internal static class ReadmeExample
{
    public static string Run()
    {
        // README: begin
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        var data = ml.Data.LoadFromEnumerable(                                        // 100 sequences of 512 steps, 32 features each
            from row in Enumerable.Range(0, 100)
            select new Sequence { Steps = [.. from i in Enumerable.Range(0, 512 * 32) select random.NextSingle()] });

        var options = new AttentionOptions { ModelDimension = 32, HeadCount = 4 };    // softmax attention…
        options = options with { Mechanism = AttentionMechanism.LinearElu };          // …and linear attention: one argument

        var pipeline = ml.Transforms.Attention("Context", "Steps", options)
            .Append(ml.Transforms.NormalizeMinMax("Context"));
        var transformed = pipeline.Fit(data).Transform(data);

        var parity = options.Mechanism.ExportOnnx("attention.onnx", new() { HeadCount = 4, HeadDimension = 8, SelfAttention = true });
        Console.WriteLine($"ONNX Runtime gives what torch gives, to {parity.WorstError:e0} of the largest value.");
        // README: end
        return $"{transformed.GetColumn<float[]>("Context").Count()} rows, {parity.WorstError <= parity.Tolerance}";
    }

    private sealed class Sequence
    {
        [VectorType(512 * 32)]
        public required float[] Steps { get; init; }
    }
}
