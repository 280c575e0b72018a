using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Streaming;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Pipelines;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>
/// Portable files in onnxruntime-node: another build of ONNX Runtime, another version, another language. Skipped where it is not installed.
/// </summary>
public sealed class OnnxNodeTests : IDisposable
{
    // Two builds that sum in other orders.
    private const double Tolerance = 2e-6;

    private static readonly string Program = Path.Combine(RepositoryRoot.Path, "tests", "OnnxNode");

    private readonly TemporaryFolder _folder = new();
    private readonly List<object> _cases = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Attention_EveryMechanismDirectionAndMask_GivesTheSameInNode()
    {
        SkipWithoutNode();
        foreach (var (mechanism, causal, masked) in from mechanism in LawSubjects.All
                                                    from causal in new[] { false, true }
                                                    from masked in new[] { false, true }
                                                    select (mechanism, causal, masked))
        {
            var options = ExportedAttention.Options with { Causal = causal, Masked = masked, WithWeights = true };
            var path = _folder.File($"{mechanism}-{causal}-{masked}.onnx");
            mechanism.ExportOnnx(path, options);
            Add(path, new AttentionParity(mechanism, options));
        }

        RequireSameInNode();
    }

    [Fact]
    public void Classifier_EveryMechanismDirectionAndMask_GivesTheSameInNode()
    {
        SkipWithoutNode();
        foreach (var (mechanism, causal, masked) in from mechanism in AttentionMechanism.All
                                                    from causal in new[] { false, true }
                                                    from masked in new[] { false, true }
                                                    select (mechanism, causal, masked))
        {
            var options = new ModelOnnxOptions { Masked = masked };
            var model = TrainedModels.Classifier(mechanism, causal);
            var path = _folder.File($"classifier-{mechanism}-{causal}-{masked}.onnx");
            model.ExportOnnx(path, options);
            Add(path, new ModelParity(ModelOnnx.Export(model, options), options));
        }

        RequireSameInNode();
    }

    [Fact]
    public void Streaming_PieceByPiece_GivesTheSameInNode()
    {
        SkipWithoutNode();
        foreach (var mechanism in AttentionMechanism.All.Where(mechanism => mechanism is IStreamingAttention))
        {
            var model = TrainedModels.Classifier(mechanism, causal: true);
            var path = _folder.File($"streaming-{mechanism}.onnx");
            model.ExportStreamingOnnx(path);
            var layout = StreamingMetadata.Read(path);
            using var runtime = new OnnxRuntimeRun(path);
            var random = new Random(42);
            var states = layout.States.Select(state => new float[2 * state.Size]).ToArray();
            string[] outputs = [.. StreamingOnnx.OutputNames(layout)];
            foreach (var length in new[] { 1, 65, 7 })
            {
                var inputs = layout.Inputs.ToDictionary(
                    input => input.Name, input => (ParityElements.Make(2 * length * input.Width, random.NextNormal), input.Shape(2, length)));
                foreach (var (state, values) in layout.States.Zip(states))
                {
                    inputs.Add(StreamingOnnx.Before(state), (values, [2, .. state.Shape]));
                }

                states = Add(path, runtime, inputs, outputs)[1..];
            }
        }

        RequireSameInNode();
    }

    private void Add(string path, SequenceParity subject)
    {
        using var runtime = new OnnxRuntimeRun(path);
        var random = new Random(42);
        foreach (var shape in subject.Shapes)
        {
            Add(path, runtime, subject.Inputs(random, shape), subject.Outputs);
        }
    }

    private float[][] Add(
        string path, OnnxRuntimeRun runtime, Dictionary<string, (float[] Elements, long[] Shape)> inputs, IReadOnlyList<string> outputs)
    {
        // JSON has no NaN, but base64 has: padding is spoilt here too.
        var results = runtime.Run(inputs, outputs);
        _cases.Add(new
        {
            model = path,
            inputs = inputs.ToDictionary(input => input.Key, input => new { shape = input.Value.Shape, data = Bytes(input.Value.Elements) }),
            outputs = outputs.Zip(results).ToDictionary(output => output.First, output => Bytes(output.Second)),
        });
        return results;
    }

    private void RequireSameInNode()
    {
        var cases = _folder.File("cases.json");
        File.WriteAllText(cases, JsonSerializer.Serialize(_cases));
        var (exitCode, output, errors) = Run("run.mjs", cases);
        Assert.True(exitCode == 0, errors);

        var results = JsonDocument.Parse(output).RootElement.EnumerateArray().ToList();
        Assert.True(results.Count >= _cases.Count);
        Assert.All(results, result =>
        {
            var error = result.GetProperty("error");
            Assert.True(error.ValueKind == JsonValueKind.Number && error.GetDouble() <= Tolerance, result.ToString());
        });
    }

    private static string Bytes(float[] elements) => Convert.ToBase64String(MemoryMarshal.AsBytes(elements.AsSpan()));

    private static void SkipWithoutNode()
    {
        if (!Directory.Exists(Path.Combine(Program, "node_modules", "onnxruntime-node")))
        {
            Assert.Skip("onnxruntime-node is not installed: run 'npm ci --ignore-scripts' in tests/OnnxNode.");
        }
    }

    private static (int ExitCode, string Output, string Errors) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Program };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
