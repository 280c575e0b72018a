using System.Text.Json;
using AttentionML.Export;
using AttentionML.Mechanisms;

namespace AttentionML.Streaming;

/// <summary>The entries in which a file for streaming says what goes in and what is handed on.</summary>
internal static class StreamingMetadata
{
    private const string Layout = "attentionml.streaming";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes them.</summary>
    public static Dictionary<string, string> Write(IStreamingFormula formula) => new(formula.Metadata)
    {
        [MetadataEntries.MechanismKey] = formula.Mechanism.Name,
        [Layout] = Write(formula.Layout),
    };

    /// <summary>Whether a file is one for streaming.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or a part of one.</exception>
    public static bool IsStreaming(string path) => Load(path).TextOrNull(Layout) is not null;

    /// <summary>The mechanism of a file.</summary>
    /// <exception cref="InvalidDataException">It names none that is known.</exception>
    public static AttentionMechanism Mechanism(string path, ReadOnlySpan<AttentionMechanism> own) => Load(path).Mechanism(own);

    /// <summary>Throws unless a file is of a formula.</summary>
    /// <exception cref="ArgumentException">It is of another.</exception>
    public static void Require(string path, IStreamingFormula formula)
    {
        var (held, asked) = (Load(path).Text(Layout), Write(formula.Layout));
        if (held != asked)
        {
            throw new ArgumentException($"'{path}' streams something else than what it is to be checked against: {held} is not {asked}.");
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, a part of one, or not one for streaming.</exception>
    public static StreamingLayout Read(string path)
    {
        var entries = Load(path);
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

    private static string Write(StreamingLayout layout) => JsonSerializer.Serialize(layout, Json);

    private static MetadataEntries Load(string path) => MetadataEntries.Load(path, "a model for streaming");
}
