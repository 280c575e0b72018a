using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Onnx;

namespace AttentionML.Export;

/// <summary>The entries in which an ONNX file says to programs what it is.</summary>
internal sealed class MetadataEntries
{
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

    /// <summary>An entry that names a mechanism.</summary>
    /// <exception cref="InvalidDataException">There is no such entry, or it names none that is known.</exception>
    public AttentionMechanism Mechanism(string key, ReadOnlySpan<AttentionMechanism> own)
    {
        var name = Text(key);
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
