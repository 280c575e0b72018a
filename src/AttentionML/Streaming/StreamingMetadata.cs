using System.Text.Json;
using AttentionML.Export;

namespace AttentionML.Streaming;

/// <summary>The entries in which a file for streaming says what goes in and what is handed on.</summary>
internal static class StreamingMetadata
{
    private const string Layout = "attentionml.streaming";
    private const string Mechanism = "attentionml.mechanism";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes them.</summary>
    public static Dictionary<string, string> Write(IStreamingFormula formula) => new()
    {
        [Mechanism] = formula.Mechanism.Name,
        [Layout] = JsonSerializer.Serialize(formula.Layout, Json),
    };

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, a part of one, or not one for streaming.</exception>
    public static StreamingLayout Read(string path)
    {
        var entries = MetadataEntries.Load(path, "a model for streaming");
        try
        {
            return JsonSerializer.Deserialize<StreamingLayout>(entries.Text(Layout), Json) is { Inputs.Count: > 0, States.Count: > 0 } layout
                ? layout
                : throw entries.Unexpected(Layout, "inputs and states");
        }
        catch (JsonException broken)
        {
            throw entries.Unexpected(Layout, $"JSON that this version knows. {broken.Message}");
        }
    }
}
