using AttentionML.Native;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Streaming;

/// <summary>Runs a file for streaming in ONNX Runtime.</summary>
internal sealed class OnnxStreamingEngine : IStreamingEngine
{
    private readonly InferenceSession _session;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    /// <param name="layout">What goes in, and what is handed on.</param>
    /// <param name="path">The file; what it keeps outside is beside it.</param>
    private OnnxStreamingEngine(StreamingLayout layout, string path)
    {
        TorchRuntime.Initialize();
        Layout = layout;
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        _session = new InferenceSession(path, settings);
        _inputNames = [.. layout.Inputs.Select(input => input.Name), .. layout.States.Select(StreamingOnnx.Before)];
        _outputNames = [.. StreamingOnnx.OutputNames(layout)];
    }

    /// <inheritdoc/>
    public StreamingLayout Layout { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, a part of one, or not one for streaming.</exception>
    public static OnnxStreamingEngine Load(string path)
    {
        var layout = StreamingMetadata.Read(path);
        try
        {
            return new(layout, path);
        }
        catch (OnnxRuntimeException broken)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load '{path}': {broken.Message}", broken);
        }
    }

    /// <inheritdoc/>
    public (float[] Outputs, float[][] States) Run(int count, int length, float[][] inputs, float[][] states)
    {
        var values = new List<OrtValue>();
        try
        {
            values.AddRange(Layout.Inputs.Zip(inputs, (input, elements) => OrtValue.CreateTensorValueFromMemory(elements, input.Shape(count, length))));
            values.AddRange(Layout.States.Zip(states, (state, elements) => OrtValue.CreateTensorValueFromMemory(elements, [count, .. state.Shape])));
            using var run = new RunOptions();
            using var results = _session.Run(run, _inputNames, values, _outputNames);
            return (Elements(results[0]), [.. results.Skip(1).Select(Elements)]);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static float[] Elements(OrtValue value) => value.GetTensorDataAsSpan<float>().ToArray();
}
