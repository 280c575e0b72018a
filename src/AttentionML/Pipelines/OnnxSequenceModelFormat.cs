using AttentionML.MLNetBridge;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

[assembly: TransformerFormat<OnnxSequenceModelFormat>]

namespace AttentionML.Pipelines;

/// <summary>
/// An <see cref="OnnxSequenceModelTransformer"/> in an ML.NET model: its options, and the ONNX model whole. Execution providers and devices
/// are the loading context's.
/// </summary>
internal sealed class OnnxSequenceModelFormat : ITransformerFormat
{
    private const string ModelFile = "model.onnx";

    /// <inheritdoc/>
    public static string Name => "OnnxSequenceModel";

    /// <summary>Saves a transformer.</summary>
    public static void Save(ModelSaveContext context, OnnxSequenceModelOptions options, byte[] file)
    {
        var settings = new Settings(
            options.ModelFile, new(options.Columns), new(options.Dimensions), options.BatchBytes, options.Threads, options.GraphOptimization,
            options.Outputs?.ToArray(), options.MaskInput);
        NativeModel.Save<OnnxSequenceModelFormat>(context, SavedModel.Files(Name, settings, file, ModelFile));
    }

    /// <inheritdoc/>
    public static ITransformer Read(IHostEnvironment environment, IModelFiles files)
    {
        var (settings, file) = SavedModel.ReadWithWeights<Settings>(files, Name, [], ModelFile);
        var options = new OnnxSequenceModelOptions
        {
            ModelFile = settings.ModelFile,
            Columns = settings.Columns,
            Outputs = settings.Outputs,
            MaskInput = settings.MaskInput,
            Dimensions = settings.Dimensions,
            BatchBytes = settings.BatchBytes,
            Threads = settings.Threads,
            GraphOptimization = settings.GraphOptimization,
        };
        return SavedModel.RequireValid(() =>
        {
            options.Validate();
            return OnnxSequenceModelTransformer.Open(environment, options, file);
        });
    }

    private sealed record Settings(
        string ModelFile, Dictionary<string, string> Columns, Dictionary<string, int> Dimensions, int BatchBytes, int Threads,
        GraphOptimizationLevel GraphOptimization, string[]? Outputs = null, string? MaskInput = null);
}
