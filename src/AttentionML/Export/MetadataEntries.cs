using System.Globalization;
using System.Text.Json;
using AttentionML.Mechanisms;
using AttentionML.Onnx;

namespace AttentionML.Export;

/// <summary>The entries in which an ONNX file says to programs what it is.</summary>
internal sealed class MetadataEntries
{
    /// <summary>The entry with the mechanism's name.</summary>
    public const string MechanismKey = "attentionml.mechanism";

    /// <summary>The entry with the power of the length that the work grows with: what a server can batch by.</summary>
    public const string CostExponent = "attentionml.cost_exponent";

    /// <summary>The entry that says whether there is an input <c>mask</c>: without one, padding counts as steps.</summary>
    public const string Masked = "attentionml.masked";

    private const string Profile = "attentionml.profile";
    private const string ExpectedLengths = "attentionml.expected_lengths";
    private const string WithWeights = "attentionml.with_weights";

    private readonly string _path;
    private readonly string _kind;
    private readonly Dictionary<string, string> _entries;

    private MetadataEntries(string path, string kind, Dictionary<string, string> entries, string producerVersion) =>
        (_path, _kind, _entries, ProducerVersion) = (path, kind, entries, producerVersion);

    /// <summary>The version of what wrote the file.</summary>
    public string ProducerVersion { get; }

    /// <summary>Reads those of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What the file has to be, for messages: one attention, a trained model.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or a part of one.</exception>
    public static MetadataEntries Load(string path, string kind)
    {
        var model = OnnxModel.Load(path);
        var entries = new Dictionary<string, string>();
        foreach (var entry in model.MetadataProps)
        {
            entries.TryAdd(entry.Key, entry.Value);
        }

        return new(path, kind, entries, model.ProducerVersion);
    }

    /// <summary>A number as an entry.</summary>
    public static string Write(int size) => size.ToString(CultureInfo.InvariantCulture);

    /// <summary>Yes or no as an entry.</summary>
    public static string Write(bool flag) => flag ? "true" : "false";

    /// <summary>What every file says of what it computes and was built for.</summary>
    public static Dictionary<string, string> Write(AttentionMechanism mechanism, OnnxExportOptions options) => new()
    {
        [MechanismKey] = mechanism.Name,
        [CostExponent] = Write(mechanism.CostExponent),
        [Masked] = Write(options.Masked),
        [Profile] = JsonNamingPolicy.CamelCase.ConvertName($"{options.Profile}"),
        [ExpectedLengths] = $"{options.ExpectedLengths}",
        [WithWeights] = Write(options.WithWeights),
    };

    /// <summary>The same options, with what the file says that it was built for.</summary>
    public T Read<T>(T options)
        where T : OnnxExportOptions => options with
        {
            Masked = Flag(Masked),
            Profile = Enum.GetValues<OnnxProfile>().Cast<OnnxProfile?>().FirstOrDefault(
                profile => JsonNamingPolicy.CamelCase.ConvertName($"{profile}") == Text(Profile))
                ?? throw Unexpected(Profile, string.Join(", ", Enum.GetNames<OnnxProfile>().Select(JsonNamingPolicy.CamelCase.ConvertName))),
            ExpectedLengths = LengthRange.Parse(Text(ExpectedLengths)) ?? throw Unexpected(ExpectedLengths, "two lengths, such as 64-4096"),
            WithWeights = Flag(WithWeights),
        };

    /// <summary>The text of an entry.</summary>
    /// <exception cref="InvalidDataException">There is no such entry.</exception>
    public string Text(string key) => TextOrNull(key) ?? throw new InvalidDataException(
        $"'{_path}' is not {_kind} that AttentionML exported, or is only a part of such a file: it lacks the entry '{key}'.");

    /// <summary>The text of an entry, or null.</summary>
    public string? TextOrNull(string key) => _entries.GetValueOrDefault(key);

    /// <summary>An entry that is a size.</summary>
    /// <exception cref="InvalidDataException">There is no such entry, or it says something else.</exception>
    public int Size(string key) =>
        int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
            ? size
            : throw Unexpected(key, "a whole number greater than 0");

    /// <summary>An entry that is true or false.</summary>
    /// <exception cref="InvalidDataException">There is no such entry, or it says something else.</exception>
    public bool Flag(string key) => Text(key) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Unexpected(key, "true or false"),
    };

    /// <summary>The mechanism.</summary>
    /// <exception cref="InvalidDataException">There is no such entry, or it names none that is known.</exception>
    public AttentionMechanism Mechanism(ReadOnlySpan<AttentionMechanism> own)
    {
        var name = Text(MechanismKey);
        foreach (var mechanism in own)
        {
            if (mechanism.Name == name)
            {
                return mechanism;
            }
        }

        return AttentionMechanism.TryParse(name, out var builtIn) ? builtIn : throw new InvalidDataException(
            $"'{_path}' names the attention mechanism '{name}', which is not built in ({string.Join(", ", AttentionMechanism.All)}) " +
            $"nor among those passed ({(own.IsEmpty ? "none" : string.Join(", ", own.ToArray().AsEnumerable()))}). " +
            "If it is a mechanism of your own, pass the instance.");
    }

    /// <summary>The error for an entry that says something else than it may.</summary>
    public InvalidDataException Unexpected(string key, string allowed) =>
        new($"'{_path}' says '{Text(key)}' in the entry '{key}'; it has to be {allowed}.");
}
