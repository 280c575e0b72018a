using AttentionML.Serving.Batching;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Tensors;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Serving.Repository;

/// <summary>Loads a version and runs it once before anybody else does.</summary>
internal sealed partial class ModelLoader(ServingOptions options, Scheduler scheduler, ModelStatisticsTable statistics, ILogger<ModelLoader> logger)
{
    private const int WarmUpLength = 16;

    /// <exception cref="ModelLoadException">The version cannot be served.</exception>
    public ServedModel Load(ModelFolder folder, long version, ModelConfig config)
    {
        var session = new OnnxSession(folder.FileOf(version, config), Threads(config));
        try
        {
            var signature = ModelSignature.Make(session.Inputs, session.Outputs, session.Metadata, config, options.DefaultMaxBatchSize);
            WarmUp(folder.Name, version, session, signature);
            LogLoaded(folder.Name, version, signature.MaxBatchSize, signature.Cost.Name, double.IsFinite(signature.Budget) ? $"{signature.Budget:0}" : "any", signature.PaddedAxis); // JSON has no infinity.
            if (config.Unused.Count > 0)
            {
                LogUnused(folder.Name, string.Join(", ", config.Unused));
            }

            var limit = Math.Min(config.MaxQueueSize ?? int.MaxValue, options.MaxQueueSize);
            var counts = statistics.Of(folder.Name, version);
            var queue = new ModelQueue(signature, limit, options.MaxBatchBytes, config.InstanceCount ?? scheduler.WorkerCount, counts);
            return new(folder.Name, version, config, session, signature, queue, counts);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    // The name that Triton's ONNX Runtime backend has for it.
    private int Threads(ModelConfig config)
    {
        const string Key = "intra_op_thread_count";
        return !config.Parameters.TryGetValue(Key, out var text) ? options.ThreadsPerRun
            : int.TryParse(text, out var threads) && threads is >= 0 and <= 1024 ? (threads == 0 ? options.ThreadsPerRun : threads)
            : throw new ModelLoadException($"The parameter {Key} is '{text}'; expected 0 (as the server is set) to 1024.");
    }

    // The first run is the slow one: ONNX Runtime plans its memory. A model may refuse zeros or the length; that is for its clients to find out.
    private void WarmUp(string name, long version, OnnxSession session, ModelSignature signature)
    {
        InferenceTensor[] inputs = [.. signature.Inputs.Select(input => Zeros(input, signature.Batches))];
        try
        {
            using var run = OnnxSession.Quiet();
            using var outputs = session.Run(run, inputs, [.. signature.Outputs.Select(output => output.Name)]);
        }
        catch (OnnxRuntimeException)
        {
            LogColdStart(name, version);
        }
        finally
        {
            foreach (var input in inputs)
            {
                input.Dispose();
            }
        }
    }

    private static InferenceTensor Zeros(TensorSpec spec, bool batches)
    {
        long[] shape = [.. spec.Shape.Select((size, axis) => size >= 0 ? size : axis == 0 && batches ? 1 : WarmUpLength)];
        var size = spec.Type == TensorType.Bytes ? sizeof(uint) : spec.Type.Size;
        var buffer = TensorBuffer.Rent(checked((int)Shapes.Product(shape) * size));
        buffer.Span.Clear();
        return new(spec.Name, spec.Type, shape, buffer);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Loaded {Model} version {Version}: at most {MaxBatchSize} rows a run, cost {Cost} within {Budget}, padded axis '{PaddedAxis}'.")]
    private partial void LogLoaded(string model, long version, int maxBatchSize, string cost, string budget, string paddedAxis);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Model}: config.pbtxt sets {Fields}, which this server makes no use of.")]
    private partial void LogUnused(string model, string fields);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Model} version {Version} does not run on zeros; it was not warmed up.")]
    private partial void LogColdStart(string model, long version);
}
