using System.Text.Encodings.Web;
using System.Text.Json;

namespace CompareAttention.Peers;

/// <summary>Reads and writes <c>peers.json</c>.</summary>
internal static class PeersJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is a file, not a part of a web page
    };

    /// <summary>The report as JSON.</summary>
    public static string Write(PeersReport report) => JsonSerializer.Serialize(report, Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The text is not such a report.</exception>
    public static PeersReport Read(string json) =>
        JsonSerializer.Deserialize<PeersReport>(json, Options) ?? throw new JsonException("The text is 'null', not a report.");
}
