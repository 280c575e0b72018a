using System.Runtime.CompilerServices;
using AttentionML.MLNetBridge;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: TransformerFormat<AttentionPredictionFormat>]

namespace AttentionML.Pipelines;

/// <summary>
/// An <see cref="AttentionPredictionTransformer"/> in an ML.NET model: its options and its weights. The device is the loading context's.
/// </summary>
internal sealed class AttentionPredictionFormat : ITransformerFormat
{
    /// <inheritdoc/>
    public static string Name => "AttentionPrediction";

    /// <summary>Saves a transformer.</summary>
    public static void Save(ModelSaveContext context, AttentionPredictionTransformer transformer)
    {
        var options = transformer.Options;
        var size = ((VectorDataViewType)transformer.FeatureColumnType).Size;
        var settings = new Settings(
            options.FeatureColumnName, options.LabelColumnName, size, options.BatchBytes, transformer.Prediction.ToSettings(),
            options.Model, options.Training, ScoringEngines.ToSaved(transformer.Engine));
        using var weights = new MemoryStream();
        transformer.SaveWeights(weights);
        NativeModel.Save<AttentionPredictionFormat>(context, SavedModel.Files(Name, settings, weights.ToArray()));
    }

    /// <inheritdoc/>
    public static ITransformer Read(IHostEnvironment environment, IModelFiles files)
    {
        var (settings, weights) = SavedModel.ReadWithWeights<Settings>(files, Name, OwnMechanisms.Of(environment));
        var options = new AttentionTrainerOptions
        {
            FeatureColumnName = settings.FeatureColumnName,
            LabelColumnName = settings.LabelColumnName,
            BatchBytes = settings.BatchBytes,
            Model = settings.Model,
            Training = settings.Training,
        };
        return SavedModel.RequireValid(() =>
        {
            options.Validate();
            options.Model.Validate(); // a trained model leaves nothing to its data
            ArgumentOutOfRangeException.ThrowIfNegative(settings.FeatureSize);
            var prediction = settings.Prediction.Make();
            var type = new VectorDataViewType(NumberDataViewType.Single, settings.FeatureSize);
            return settings.Engine == ScoringEngine.Managed
                ? new(options, ReadManaged(environment, options.Model, prediction, weights), prediction, type)
                : ReadTorch(environment, options, prediction, weights, type, ScoringEngines.OfSaved(settings.Engine));
        });
    }

    private static ManagedModel ReadManaged(IHostEnvironment environment, AttentionModelOptions options, Prediction prediction, byte[] weights) =>
        CatalogEnvironment.DeviceSettingsOf(environment) is { GpuDeviceId: not null, FallbackToCpu: false } settings
            ? throw new NotSupportedException(
                $"The saved model is computed by {nameof(ScoringEngine)}.{nameof(ScoringEngine.Managed)}, on the CPU, and the context asks for CUDA device " +
                $"{settings.GpuDeviceId}: set GpuDeviceId = null, or FallbackToCpu = true.")
            : ManagedModel.Read(options, prediction.Outputs, weights);

    // Apart, so that a model that is computed by managed code does not load TorchSharp for the types in here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static AttentionPredictionTransformer ReadTorch(
        IHostEnvironment environment, AttentionTrainerOptions options, Prediction prediction, byte[] weights, DataViewType type, ScoringEngine engine) =>
        new(options, AttentionModel.Read(options.Model, prediction.Outputs, weights, DeviceSettings.DeviceFor(environment)), prediction, type, engine);

    private sealed record Settings(
        string FeatureColumnName, string LabelColumnName, int FeatureSize, int BatchBytes, PredictionSettings Prediction,
        AttentionModelOptions Model, TrainingOptions Training, ScoringEngine? Engine = null);
}
