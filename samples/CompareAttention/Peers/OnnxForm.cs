using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A model in ONNX Runtime on one thread, its inputs and output bound to memory once.</summary>
internal sealed class OnnxForm : PreparedForm
{
    private readonly OnnxCall _call;
    private readonly SessionOptions _settings = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];
    private readonly float[] _output;

    /// <exception cref="OnnxRuntimeException">This ONNX Runtime does not know an operator of the model.</exception>
    public OnnxForm(OnnxCall call)
    {
        _call = call;
        _session = new InferenceSession(call.Model, _settings);
        _binding = _session.CreateIoBinding();
        foreach (var (name, numbers) in call.Inputs)
        {
            _values.Add(OrtValue.CreateTensorValueFromMemory(numbers, call.InputShape));
            _binding.BindInput(name, _values[^1]);
        }

        _output = new float[call.OutputShape.Aggregate(1L, (product, size) => product * size)];
        _output.AsSpan().Fill(float.NaN); // its pages are there before a run, and a run that writes nothing is seen
        _values.Add(OrtValue.CreateTensorValueFromMemory(_output, call.OutputShape));
        _binding.BindOutput(call.Output, _values[^1]);
    }

    /// <inheritdoc/>
    public override void Run() => _session.RunWithBinding(_run, _binding);

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Results()
    {
        Run();
        return [_call.Unpack(_output)];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(value => value.Dispose());
        _run.Dispose();
        _session.Dispose();
        _settings.Dispose();
    }
}
