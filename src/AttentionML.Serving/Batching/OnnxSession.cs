using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace AttentionML.Serving.Batching;

/// <summary>An ONNX file loaded into ONNX Runtime, one operator after another on as many threads as it is given.</summary>
internal sealed class OnnxSession : IDisposable
{
    private static long _alive;

    private readonly InferenceSession _session;
    private readonly string[] _inputNames;

    /// <exception cref="ModelLoadException">The file is none that can be served.</exception>
    public OnnxSession(string path, int threads)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // What fails is thrown, and logged by whom it reaches.
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"); // Cores are shared with the other workers and the network.
        try
        {
            _session = new(path, options);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelLoadException($"ONNX Runtime does not load the file: {WithoutPaths(error.Message, path)}");
        }

        try
        {
            Inputs = [.. _session.InputMetadata.Select(Spec)];
            Outputs = [.. _session.OutputMetadata.Select(Spec)];
        }
        catch
        {
            _session.Dispose();
            throw;
        }

        _inputNames = [.. Inputs.Select(input => input.Name)];
        Interlocked.Increment(ref _alive);
    }

    /// <summary>How many are not disposed, in the whole process.</summary>
    public static long Alive => Interlocked.Read(ref _alive);

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>Options of a run that throws what fails and does not print it as well: clients' errors would fill the log.</summary>
    public static RunOptions Quiet() => new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    /// <summary>Computes outputs.</summary>
    /// <param name="options">What stops the run.</param>
    /// <param name="inputs">In the order of <see cref="Inputs"/>; read where they are, so they have to live until the run is over.</param>
    /// <param name="outputNames">Which outputs.</param>
    public OnnxOutputs Run(RunOptions options, InferenceTensor[] inputs, IReadOnlyList<string> outputNames)
    {
        var values = new OrtValue[inputs.Length];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                values[i] = Value(inputs[i]);
            }

            return new(_session.Run(options, _inputNames, values, outputNames));
        }
        finally
        {
            foreach (var value in values)
            {
                value?.Dispose();
            }
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        Interlocked.Decrement(ref _alive);
    }

    private static OrtValue Value(InferenceTensor tensor)
    {
        if (tensor.Type != TensorType.Bytes)
        {
            return OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, tensor.Type.Onnx, tensor.Shape, tensor.Buffer.Address, tensor.Buffer.Length);
        }

        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        var elements = new BytesElements(tensor.Buffer.Span);
        for (var i = 0; elements.MoveNext(); i++)
        {
            value.StringTensorSetElementAt(elements.Current, i);
        }

        return value;
    }

    private static TensorSpec Spec(KeyValuePair<string, NodeMetadata> node)
    {
        var (name, metadata) = node;
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || TensorTypes.FromOnnx(metadata.ElementDataType) is not { } type)
        {
            throw new ModelLoadException($"'{name}' is no tensor of a type that the protocol has ({TensorTypes.All}).");
        }

        return new(name, type, [.. metadata.Dimensions.Select(size => (long)size)], metadata.SymbolicDimensions);
    }

    private static string WithoutPaths(string message, string path) =>
        message.Replace(path, Path.GetFileName(path), StringComparison.Ordinal)
            .Replace(Path.GetDirectoryName(path)!, ".", StringComparison.Ordinal);
}
