using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;

namespace AttentionML.Pipelines;

/// <summary>The entries in which the ONNX file of a trained model says what it is.</summary>
internal static class ModelOnnxMetadata
{
    private const string PredictionKey = "attentionml.prediction";
    private const string Classes = "attentionml.classes";
    private const string Architecture = "attentionml.architecture";
    private const string FixedLength = "attentionml.fixed_length";

    public static Dictionary<string, string> Write(AttentionModelOptions model, PredictionSettings prediction, ModelOnnxOptions options)
    {
        var entries = new Dictionary<string, string>(MetadataEntries.Write(model.Mechanism, options))
        {
            [PredictionKey] = Name(prediction.Kind),
            [Architecture] = JsonSerializer.Serialize(model, Json([])),
        };
        if (prediction.ClassTexts is { } classes)
        {
            entries.Add(Classes, JsonSerializer.Serialize(classes, Json([])));
        }

        if (options.FixedLength is { } length)
        {
            entries.Add(FixedLength, MetadataEntries.Write(length));
        }

        return entries;
    }

    public static ModelOnnxInfo Read(string path, ReadOnlySpan<AttentionMechanism> own)
    {
        var entries = MetadataEntries.Load(path, "a trained model");
        var prediction = entries.Text(PredictionKey);
        if (!Enum.GetValues<PredictionName>().Select(Name).Contains(prediction))
        {
            throw entries.Unexpected(PredictionKey, string.Join(", ", Enum.GetValues<PredictionName>().Select(Name)));
        }

        var mechanism = entries.Mechanism(own);
        var model = Parse<AttentionModelOptions>(entries, Architecture, Json([mechanism]));
        try
        {
            model.Validate();
        }
        catch (Exception invalid) when (invalid is ArgumentException or NotSupportedException)
        {
            throw entries.Unexpected(Architecture, $"an architecture that can be. {invalid.Message}");
        }

        return new(
            model,
            prediction,
            entries.TextOrNull(Classes) is null ? null : Parse<string[]>(entries, Classes, Json([])),
            entries.Read(new ModelOnnxOptions { FixedLength = entries.TextOrNull(FixedLength) is null ? null : entries.Size(FixedLength) }),
            entries.ProducerVersion);
    }

    /// <summary>Whether a file holds a trained model.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or a part of one.</exception>
    public static bool IsModel(string path) => MetadataEntries.Load(path, "a trained model").TextOrNull(Architecture) is not null;

    /// <summary>What a file's model predicts.</summary>
    /// <param name="info">What the file says of itself.</param>
    /// <param name="outputCount">The numbers of its head.</param>
    public static Prediction Prediction(ModelOnnxInfo info, int outputCount) =>
        new PredictionSettings(Enum.GetValues<PredictionName>().Single(kind => Name(kind) == info.Prediction), outputCount, IsVector: true).Make();

    private static T Parse<T>(MetadataEntries entries, string key, JsonSerializerOptions options)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(entries.Text(key), options) ?? throw entries.Unexpected(key, "more than null");
        }
        catch (JsonException broken)
        {
            throw entries.Unexpected(key, $"JSON that this version knows. {broken.Message}");
        }
    }

    private static string Name(PredictionName kind) => JsonNamingPolicy.CamelCase.ConvertName($"{kind}");

    private static JsonSerializerOptions Json(IReadOnlyCollection<AttentionMechanism> own) => new(JsonSerializerOptions.Strict)
    {
        Converters = { new MechanismNameConverter(own), new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // A file, not a web page: names stay readable.
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };
}
