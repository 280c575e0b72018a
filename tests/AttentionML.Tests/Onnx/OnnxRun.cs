using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace AttentionML.Tests.Onnx;

/// <summary>A model in ONNX Runtime, its shapes held to what it declares.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRun(byte[] model)
    {
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        settings.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(model, settings);
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    public ModelMetadata Metadata => _session.ModelMetadata;

    /// <summary>Computes the first output from single-precision inputs.</summary>
    public Tensor Run(params (string Name, Tensor Value)[] inputs) => RunAll(inputs)[0];

    /// <summary>Computes every output, all of single precision, from single-precision inputs.</summary>
    public Tensor[] RunAll(params (string Name, Tensor Value)[] inputs)
    {
        var values = inputs.Select(input => OrtValue.CreateTensorValueFromMemory(
            input.Value.to(ScalarType.Float32).contiguous().data<float>().ToArray(), input.Value.shape)).ToList();
        try
        {
            using var run = new RunOptions();
            using var outputs = _session.Run(run, [.. inputs.Select(input => input.Name)], values, _session.OutputNames);
            return [.. outputs.Select(output => tensor(output.GetTensorDataAsSpan<float>().ToArray(), output.GetTensorTypeAndShape().Shape))];
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();
}
