using AttentionML.MLNetBridge;
using AttentionML.Models;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: TransformerFormat<AttentionFeaturesFormat>]

namespace AttentionML.Pipelines;

/// <summary>
/// An <see cref="AttentionFeaturesTransformer"/> in an ML.NET model: its columns, the architecture, the engine, and all weights, the head's too. The
/// device is the loading context's.
/// </summary>
internal sealed class AttentionFeaturesFormat : ITransformerFormat
{
    /// <inheritdoc/>
    public static string Name => "AttentionFeatures";

    /// <summary>Saves a transformer.</summary>
    public static void Save(ModelSaveContext context, AttentionFeaturesTransformer transformer)
    {
        var settings = new Settings(
            transformer.OutputColumnName, transformer.InputColumnName, transformer.BatchBytes, transformer.Model.Options, transformer.Model.Outputs,
            ScoringEngines.ToSaved(transformer.Engine));
        using var weights = new MemoryStream();
        transformer.Model.SaveWeights(weights);
        NativeModel.Save<AttentionFeaturesFormat>(context, SavedModel.Files(Name, settings, weights.ToArray()));
    }

    /// <inheritdoc/>
    public static ITransformer Read(IHostEnvironment environment, IModelFiles files)
    {
        var (settings, weights) = SavedModel.ReadWithWeights<Settings>(files, Name, OwnMechanisms.Of(environment));
        return SavedModel.RequireValid(() =>
        {
            ArgumentException.ThrowIfNullOrEmpty(settings.OutputColumnName);
            ArgumentException.ThrowIfNullOrEmpty(settings.InputColumnName);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.BatchBytes);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Outputs.Count);
            settings.Model.Validate();
            if (settings.Model.Pooling == SequencePooling.None)
            {
                throw new ArgumentException("Features are one vector for a sequence; Pooling is None.");
            }

            var model = AttentionModel.Read(settings.Model, settings.Outputs, weights, DeviceSettings.DeviceFor(environment));
            return new AttentionFeaturesTransformer(
                settings.OutputColumnName, settings.InputColumnName, settings.BatchBytes, model, ScoringEngines.OfSaved(settings.Engine));
        });
    }

    private sealed record Settings(
        string OutputColumnName, string InputColumnName, int BatchBytes, AttentionModelOptions Model, ModelOutputs Outputs,
        ScoringEngine? Engine = null);
}
