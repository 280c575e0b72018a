using AttentionML.Export;
using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Samples;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace ExportModels;

/// <summary>Exports every mechanism in every way, and times each file beside torch.</summary>
/// <param name="lengths">The lengths to time at.</param>
internal sealed class ExportMeasurement(int[] lengths)
{
    private static readonly bool[] MaskedOrNot = [false, true];
    private readonly MeasuringHarness _harness = new(new() { Budget = TimeSpan.FromMilliseconds(300) });

    /// <summary>Measures.</summary>
    public IReadOnlyList<ExportRow> Run(LiveProgress live, CancellationToken stop)
    {
        TorchRuntime.Initialize();
        var folder = Directory.CreateTempSubdirectory("attentionml-exports-");
        try
        {
            var subjects = Subjects().ToList();
            var rows = new List<ExportRow>();
            foreach (var (place, (subject, causal)) in subjects.Index())
            {
                foreach (var (masked, profile) in from masked in MaskedOrNot from profile in Enum.GetValues<OnnxProfile>() select (masked, profile))
                {
                    stop.ThrowIfCancellationRequested();
                    live.Show((double)place / subjects.Count, $"{subject.Name} {place + 1} of {subjects.Count}, {(masked ? "with" : "without")} a mask, {profile}");
                    var path = Path.Combine(folder.FullName, "model.onnx");
                    var parity = subject.Export(path, masked, profile);
                    rows.Add(new(subject.Name, causal, masked, parity, [.. lengths.Select(length => Time(subject, path, masked, length, stop))]));
                }
            }

            live.Show(1, "Done");
            return rows;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<(ExportSubject Subject, bool Causal)> Subjects()
    {
        foreach (var causal in new[] { false, true })
        {
            var mechanisms = AttentionMechanism.All
                .Where(mechanism => mechanism.Directions.HasFlag(causal ? AttentionDirections.Causal : AttentionDirections.Bidirectional)).ToList();
            foreach (var mechanism in mechanisms)
            {
                yield return (new ExportSubject.Attention(mechanism, causal), causal);
            }

            var classifier = ExportSubject.Classifier.Train(causal);
            foreach (var mechanism in mechanisms)
            {
                yield return (new ExportSubject.Classifier(classifier.Model.WithMechanism(mechanism)), causal);
            }
        }
    }

    private ExportTime Time(ExportSubject subject, string path, bool masked, int length, CancellationToken stop)
    {
        var random = new Random(42);
        var inputs = subject.Inputs(length).ToDictionary(input => input.Key, input => (Values: Make(input.Value), Shape: input.Value));
        (float[] Values, long[] Shape) mask = (Enumerable.Repeat(1f, length).ToArray(), [1, length]);
        mask.Values.AsSpan(length * 3 / 4).Clear();

        using var settings = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(path, settings);
        using var run = new RunOptions();
        using var scope = torch.NewDisposeScope();
        var tensors = inputs.Values.Select(input => torch.tensor(input.Values, input.Shape)).ToList();
        var visible = masked ? torch.tensor(mask.Values, mask.Shape) : null;
        if (masked)
        {
            inputs.Add("mask", mask);
        }

        var values = inputs.Values.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape)).ToList();
        try
        {
            string[] output = [session.OutputNames[0]];
            var times = _harness.Measure(
                [
                    new("torch", () =>
                    {
                        using var inference = torch.inference_mode();
                        using var call = torch.NewDisposeScope();
                        subject.Run(tensors, visible);
                    }),
                    new("onnx", () => session.Run(run, inputs.Keys, values, output).Dispose()),
                ],
                cancellation: stop);
            return new(length, times[0].CpuMs, times[1].CpuMs);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }

        float[] Make(long[] shape)
        {
            var elements = new float[shape.Aggregate(1L, (product, size) => product * size)];
            foreach (ref var element in elements.AsSpan())
            {
                element = random.NextSingle() * 2 - 1;
            }

            return elements;
        }
    }
}
