using AttentionML.Native;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Export;

/// <summary>A file's bytes in ONNX Runtime, its shapes held to what it declares.</summary>
internal sealed class OnnxRuntimeRun : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRuntimeRun(byte[] model)
    {
        TorchRuntime.Initialize();
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        settings.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        _session = new InferenceSession(model, settings);
    }

    /// <summary>Computes one output, of single precision.</summary>
    public float[] Run(Dictionary<string, (float[] Elements, long[] Shape)> inputs, string output)
    {
        var values = inputs.Values.Select(input => OrtValue.CreateTensorValueFromMemory(input.Elements, input.Shape)).ToList();
        try
        {
            using var run = new RunOptions();
            using var outputs = _session.Run(run, inputs.Keys, values, [output]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();
}
