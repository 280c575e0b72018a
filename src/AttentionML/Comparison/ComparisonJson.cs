using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionML.Comparison;

/// <summary>Reads and writes <c>comparison.json</c>.</summary>
public static class ComparisonJson
{
    private static readonly ComparisonJsonContext Context = new(new JsonSerializerOptions(ComparisonJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // it is a file, not a part of a web page: + and ' stay legible
    });

    /// <summary>The report as JSON.</summary>
    /// <param name="report">The report.</param>
    public static string Write(ComparisonReport report) => JsonSerializer.Serialize(report, Context.ComparisonReport);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">The text is not such a report.</exception>
    public static ComparisonReport Read(string json) => JsonSerializer.Deserialize(json, Context.ComparisonReport)
        ?? throw new JsonException("The text is 'null', not a report.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ComparisonReport))]
internal sealed partial class ComparisonJsonContext : JsonSerializerContext;
