using AttentionML.Native;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Export;

/// <summary>A model in ONNX Runtime, its shapes held to what it declares.</summary>
internal sealed class OnnxRuntimeRun : IParityRun, IDisposable
{
    private readonly InferenceSession _session;

    /// <param name="path">The file; what it keeps outside is beside it.</param>
    public OnnxRuntimeRun(string path) => _session = Open(settings => new InferenceSession(path, settings));

    /// <param name="model">The file's bytes.</param>
    /// <param name="threads">Threads for one run.</param>
    public OnnxRuntimeRun(byte[] model, int threads) => _session = Open(settings =>
    {
        settings.IntraOpNumThreads = threads;
        return new InferenceSession(model, settings);
    });

    /// <summary>The version of ONNX Runtime.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <inheritdoc/>
    public string Engine => "ONNX Runtime";

    /// <inheritdoc/>
    public float[][] Run(Dictionary<string, (float[] Elements, long[] Shape)> inputs, IReadOnlyCollection<string> outputs)
    {
        using var values = new DisposableList<OrtValue>(
            inputs.Values.Select(input => OrtValue.CreateTensorValueFromMemory(input.Elements, input.Shape)));
        using var run = new RunOptions();
        using var results = _session.Run(run, inputs.Keys, values, outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>A run of these inputs that can be repeated.</summary>
    public PreparedRun Prepare(Dictionary<string, (float[] Elements, long[] Shape)> inputs, string output) => new(_session, inputs, output);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static InferenceSession Open(Func<SessionOptions, InferenceSession> open)
    {
        TorchRuntime.Initialize();
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        settings.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return open(settings);
    }

    /// <summary>Inputs in place, to be run any number of times.</summary>
    public sealed class PreparedRun(InferenceSession session, Dictionary<string, (float[] Elements, long[] Shape)> inputs, string output) : IDisposable
    {
        private readonly RunOptions _options = new();
        private readonly DisposableList<OrtValue> _values = new(
            inputs.Values.Select(input => OrtValue.CreateTensorValueFromMemory(input.Elements, input.Shape)));

        /// <summary>Runs once, and drops the result.</summary>
        public void Run() => session.Run(_options, inputs.Keys, _values, [output]).Dispose();

        /// <inheritdoc/>
        public void Dispose()
        {
            _values.Dispose();
            _options.Dispose();
        }
    }

    private sealed class DisposableList<T>(IEnumerable<T> items) : List<T>(items), IDisposable
        where T : IDisposable
    {
        public void Dispose() => ForEach(item => item.Dispose());
    }
}
