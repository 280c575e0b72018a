using AttentionML.MLNetBridge;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: TransformerFormat<AttentionTransformerFormat>]

namespace AttentionML.Pipelines;

/// <summary>
/// An <see cref="AttentionTransformer"/> in an ML.NET model: its columns and options. The device is the loading context's.
/// </summary>
internal sealed class AttentionTransformerFormat : ITransformerFormat
{
    /// <inheritdoc/>
    public static string Name => "Attention";

    /// <summary>Saves a transformer.</summary>
    public static void Save(ModelSaveContext context, AttentionColumns columns, AttentionOptions options) =>
        NativeModel.Save<AttentionTransformerFormat>(context, SavedModel.Files(Name, new Settings(columns, options)));

    /// <inheritdoc/>
    public static ITransformer Read(IHostEnvironment environment, IModelFiles files)
    {
        var (columns, options) = SavedModel.Read<Settings>(files, Name, OwnMechanisms.Of(environment)).Options;
        SavedModel.RequireValid(() =>
        {
            columns.Validate();
            options.Validate();
        });
        return new AttentionTransformer(columns, options, DeviceSettings.DeviceFor(environment));
    }

    private sealed record Settings(AttentionColumns Columns, AttentionOptions Attention);
}
