using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionML.Mechanisms;

namespace AttentionML.Pipelines;

/// <summary>A mechanism as its name in JSON. Read back, it is a built-in one or one of the loading context's own.</summary>
/// <param name="own">The mechanisms of the user's own that may be read.</param>
internal sealed class MechanismNameConverter(IReadOnlyCollection<AttentionMechanism> own) : JsonConverter<AttentionMechanism>
{
    /// <inheritdoc/>
    public override AttentionMechanism Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var name = reader.GetString() ?? "";
        return AttentionMechanism.TryParse(name, out var builtIn) ? builtIn : own.FirstOrDefault(mechanism => mechanism.Name == name)
            ?? throw new InvalidDataException(
                $"The saved model attends by the mechanism '{name}', which is unknown here. The built-in ones are " +
                $"{string.Join(", ", AttentionMechanism.All)}. If it is a mechanism of your own, name it before loading: " +
                "mlContext.AddAttentionMechanism(mechanism). If not, a newer version of AttentionML may have it.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, AttentionMechanism value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name);
}
