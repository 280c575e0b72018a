using System.Globalization;
using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Samples;

namespace AttentionML.Benchmarks;

/// <summary>ApplyOnnxModel, ApplyOnnxSequenceModel and ONNX Runtime called directly: processor time for a row, as a table.</summary>
/// <param name="lengths">The lengths of the rows.</param>
/// <param name="seconds">The time for one line of the table.</param>
internal sealed class ScoringBenchmark(int[] lengths, double seconds)
{
    private const string Header =
        "| mechanism | model | length | ApplyOnnxModel, µs | ApplyOnnxSequenceModel, µs | direct, µs (rows) | times faster | of direct |\n" +
        "|---|---|--:|--:|--:|--:|--:|--:|";

    private static readonly AttentionMechanism[] Mechanisms = [AttentionMechanism.Softmax, AttentionMechanism.LinearElu];

    /// <summary>Measures, and prints.</summary>
    public void Run(LiveProgress live, List<string> table, CancellationToken stop)
    {
        table.Add(Header);
        var folder = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            var done = 0;
            foreach (var mechanism in Mechanisms)
            {
                foreach (var model in ScoredModel.For(mechanism))
                {
                    var path = Path.Combine(folder.FullName, "model.onnx");
                    model.Export(path);
                    foreach (var length in lengths)
                    {
                        // What compiles late compiles in lines that do not count: those of the table are to be alike.
                        for (var line = 0; done == 0 && line < 3; line++)
                        {
                            live.Show(0, "warming up");
                            Line(mechanism, model, path, length, stop);
                        }

                        live.Show(done++ / (double)(Mechanisms.Length * 3 * lengths.Length), $"{mechanism}, {model.Name}, {length} steps");
                        table.Add(Line(mechanism, model, path, length, stop));
                    }
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private string Line(AttentionMechanism mechanism, ScoredModel model, string path, int length, CancellationToken stop)
    {
        using var scoring = new ScoringCase(model, path, length);

        var times = new MeasuringHarness(new() { Budget = TimeSpan.FromSeconds(seconds) }).Measure(scoring.Variants, cancellation: stop);
        var perRow = times.Select(time => 1000 * time.CpuMs / scoring.RowCount).ToArray();
        var direct = perRow[2..].Min();
        var rows = ScoringCase.DirectBatches[Array.IndexOf(perRow[2..], direct)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {mechanism} | {model.Name} | {length} | {perRow[0]:0.00} | {perRow[1]:0.00} | {direct:0.00} ({rows}) | {perRow[0] / perRow[1]:0.00} | {direct / perRow[1]:0.00} |");
    }
}
