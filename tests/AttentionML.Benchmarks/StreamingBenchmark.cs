using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Samples;
using AttentionML.Streaming;

namespace AttentionML.Benchmarks;

/// <summary>Processor time for a single event when so many came before in its sequence, as a table.</summary>
/// <param name="events">The most events before, 100 at least.</param>
internal sealed class StreamingBenchmark(int events)
{
    private const int Rounds = 31;
    private const int EventsOfABlock = 10;

    /// <summary>Measures, and adds the table.</summary>
    public void Run(LiveProgress live, List<string> table, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            var options = new AttentionModelOptions { Mechanism = AttentionMechanism.LinearElu, Causal = true };
            using var model = AttentionModel.Create(options, new(3), seed: 1);
            var path = Path.Combine(folder.FullName, "streaming.onnx");
            model.ExportStreamingOnnx(path);
            using var torch = StreamingAttention.Over(model);
            using var onnx = StreamingAttention.Load(path);
            using var weights = new MemoryStream();
            model.SaveWeights(weights);
            using var managed = StreamingAttention.Over(ManagedModel.Read(options, model.Outputs, weights.ToArray()));
            var counts = Enumerable.Range(2, 7).Select(power => (int)Math.Pow(10, power)).TakeWhile(count => count <= events).ToList();
            StreamingAttention[] engines = [torch, onnx, managed];
            List<StreamedSequence> streams = [.. from engine in engines from count in counts select After(engine, count, live, stop)];
            var times = Times(streams, live, stop).Chunk(counts.Count).ToArray();
            table.Add("| events before | torch, µs | ONNX Runtime, µs | managed, µs | state, bytes |\n|--:|--:|--:|--:|--:|");
            table.AddRange(counts.Select((count, i) => string.Create(
                CultureInfo.InvariantCulture, $"| {count} | {times[0][i]:0} | {times[1][i]:0} | {times[2][i]:0} | {streams[i].Save().Length} |")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // In long pieces: how a sequence was cut makes no difference to what is kept of it.
    private static StreamedSequence After(StreamingAttention streaming, int count, LiveProgress live, CancellationToken stop)
    {
        live.Show(0, $"{count} events before");
        var (stream, random) = (streaming.Open(), new Random(1));
        while (stream.StepCount < count)
        {
            stop.ThrowIfCancellationRequested();
            stream.Push([.. Enumerable.Range(0, (int)Math.Min(4096, count - stream.StepCount)).Select(_ => random.NextSingle())]);
        }

        return stream;
    }

    // Turn by turn, so that whatever else the machine does falls on all alike; medians, and the first turns compile.
    private static double[] Times(List<StreamedSequence> streams, LiveProgress live, CancellationToken stop)
    {
        var random = new Random(2);
        var blocks = streams.ConvertAll(_ => new List<double>());
        for (var round = -Rounds; round < Rounds; round++)
        {
            live.Show((round + Rounds) / (2.0 * Rounds), "single events");
            foreach (var (stream, times) in streams.Zip(blocks))
            {
                stop.ThrowIfCancellationRequested();
                var started = Environment.CpuUsage.TotalTime;
                for (var i = 0; i < EventsOfABlock; i++)
                {
                    stream.Push([random.NextSingle()]);
                }

                if (round >= 0)
                {
                    times.Add((Environment.CpuUsage.TotalTime - started).TotalMicroseconds / EventsOfABlock);
                }
            }
        }

        return [.. blocks.Select(times => times.Order().ElementAt(Rounds / 2))];
    }
}
