using AttentionML.Export;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Comparison;

/// <summary>The exported model in ONNX Runtime, its inputs and output bound to memory once.</summary>
internal sealed class OnnxRun : CellRun
{
    private readonly SessionOptions _settings;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly OrtIoBinding _binding;
    private readonly List<OrtValue> _values = [];

    public OnnxRun(ComparisonCurve curve, ComparisonInputs inputs, ComparisonOptions options)
    {
        var masked = NeedsMask(curve, inputs.IsPadded);
        _settings = new SessionOptions { IntraOpNumThreads = options.Threads, InterOpNumThreads = 1 };
        _settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(PathOf(curve, masked, options), _settings);
        _binding = _session.CreateIoBinding();
        long[] shape = [inputs.BatchSize, inputs.SequenceLength, inputs.Width];
        Bind("queries", inputs.Queries, shape);
        Bind("keys", inputs.Keys, shape);
        Bind("values", inputs.Values, shape);
        if (masked)
        {
            Bind("mask", inputs.Mask(), [inputs.BatchSize, inputs.SequenceLength]);
        }

        _values.Add(OrtValue.CreateTensorValueFromMemory(new float[inputs.Values.Length], shape));
        _binding.BindOutput("attention", _values[^1]);
    }

    /// <summary>Where the model of a curve stands.</summary>
    public static string PathOf(ComparisonCurve curve, bool masked, ComparisonOptions options) => Path.Combine(
        options.OnnxDirectory, $"{curve.Mechanism}{(curve.Causal ? "-causal" : "")}{(masked ? "-masked" : "")}.onnx");

    /// <summary>Writes the model of a curve.</summary>
    public static void Export(ComparisonCurve curve, bool masked, ComparisonOptions options) =>
        curve.Mechanism.ExportOnnx(PathOf(curve, masked, options), new AttentionOnnxOptions
        {
            HeadCount = options.HeadCount,
            HeadDimension = options.HeadDimension,
            Causal = curve.Causal,
            Masked = masked,
        });

    // The first run shows ONNX Runtime how memory is used; the second takes it anew, all at once, and keeps it.
    public override void Settle() => Run();

    public override void Run() => _session.RunWithBinding(_run, _binding);

    public override void Dispose()
    {
        _binding.Dispose();
        _run.Dispose();
        foreach (var value in _values)
        {
            value.Dispose();
        }

        _session.Dispose();
        _settings.Dispose();
    }

    private void Bind(string name, float[] values, long[] shape)
    {
        _values.Add(OrtValue.CreateTensorValueFromMemory(values, shape));
        _binding.BindInput(name, _values[^1]);
    }
}
