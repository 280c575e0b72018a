using AttentionML.MLNetBridge;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: TransformerFormat<AttentionTransformerFormat>]

namespace AttentionML.Pipelines;

/// <summary>
/// An <see cref="AttentionTransformer"/> in an ML.NET model: its columns, options and engine. The device is the loading context's.
/// </summary>
internal sealed class AttentionTransformerFormat : ITransformerFormat
{
    /// <inheritdoc/>
    public static string Name => "Attention";

    /// <summary>Saves a transformer.</summary>
    public static void Save(ModelSaveContext context, AttentionColumns columns, AttentionTransformer transformer) =>
        NativeModel.Save<AttentionTransformerFormat>(
            context, SavedModel.Files(Name, new Settings(columns, transformer.Options, ScoringEngines.ToSaved(transformer.Engine))));

    /// <inheritdoc/>
    public static ITransformer Read(IHostEnvironment environment, IModelFiles files)
    {
        var (columns, options, engine) = SavedModel.Read<Settings>(files, Name, OwnMechanisms.Of(environment)).Options;
        return SavedModel.RequireValid(() =>
        {
            columns.Validate();
            options.Validate();
            return new AttentionTransformer(columns, options, DeviceSettings.DeviceFor(environment), ScoringEngines.OfSaved(engine));
        });
    }

    private sealed record Settings(AttentionColumns Columns, AttentionOptions Attention, ScoringEngine? Engine = null);
}
