using System.Globalization;
using AttentionML.Export;
using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Samples;

namespace AttentionML.Benchmarks;

/// <summary>The default classifier, a row at a time, in ONNX Runtime and in managed code: processor time for a row, as a table.</summary>
/// <param name="lengths">The lengths of the rows.</param>
/// <param name="seconds">The time for one line of the table.</param>
internal sealed class EngineBenchmark(int[] lengths, double seconds)
{
    private const int RowCount = 64;

    private const string Header =
        "| mechanism | length | ONNX Runtime, µs | ONNX Runtime's own operators, µs | managed, µs | times faster than the better |\n|---|--:|--:|--:|--:|--:|";

    /// <summary>Measures, and prints.</summary>
    public void Run(LiveProgress live, List<string> table, CancellationToken stop)
    {
        table.Add(Header);
        var folder = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            foreach (var mechanism in new[] { AttentionMechanism.Softmax, AttentionMechanism.LinearElu })
            {
                using var model = ScoredModel.Train(new() { FeatureCount = 1, Mechanism = mechanism });
                string[] paths = [.. Enum.GetValues<OnnxProfile>().Select(profile => Export(model, profile, folder.FullName))];
                foreach (var length in lengths)
                {
                    live.Show(table.Count / (2.0 * lengths.Length + 1), $"{mechanism}, {length} steps");
                    table.Add(Line(model, paths, length, stop));
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Export(AttentionPredictionTransformer model, OnnxProfile profile, string folder)
    {
        var path = Path.Combine(folder, $"{profile}.onnx");
        model.ExportOnnx(path, new() { Profile = profile });
        return path;
    }

    private string Line(AttentionPredictionTransformer model, string[] paths, int length, CancellationToken stop)
    {
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, RowCount).Select(_ => Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f).ToArray())];
        using var file = new MemoryStream();
        model.Model.SaveWeights(file);
        var managed = ManagedModel.Read(model.Model.Options, model.Model.Outputs, file.ToArray());
        var output = new float[model.Model.Outputs.Count];
        DirectRun[] runs = [.. paths.Select(path => new DirectRun(path, rows, length, 1, 1, "Score"))];
        try
        {
            MeasuredVariant[] variants =
            [
                .. runs.Select((run, i) => new MeasuredVariant(Path.GetFileName(paths[i]), run.Run)),
                new("managed", () => Array.ForEach(rows, row => managed.Forward(row, 1, output))),
            ];
            var times = new MeasuringHarness(new() { Budget = TimeSpan.FromSeconds(seconds) }).Measure(variants, cancellation: stop);
            double[] perRow = [.. times.Select(time => 1000 * time.CpuMs / RowCount)];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {model.Model.Options.Mechanism} | {length} | {perRow[0]:0.0} | {perRow[1]:0.0} | {perRow[2]:0.0} | {Math.Min(perRow[0], perRow[1]) / perRow[2]:0.00} |");
        }
        finally
        {
            Array.ForEach(runs, run => run.Dispose());
        }
    }
}
