using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AttentionML.Mechanisms;
using AttentionML.MLNetBridge;

namespace AttentionML.Pipelines;

/// <summary>
/// The files of a transformer in an ML.NET model: <c>options.json</c>, its SHA-256 beside it as <c>sha256sum -c</c> reads it, and
/// <c>weights.safetensors</c> if it has weights. Plain files in a zip, for tools outside .NET too.
/// </summary>
/// <remarks>
/// <c>options.json</c> says what it is and in which version, who wrote it, the options, and the weights' length and SHA-256; a change of
/// any bit is found. ML.NET wraps what is thrown while loading: the errors here have no inner ones, so that the innermost says what is
/// wrong. Adding an option with a default keeps <see cref="FormatVersion"/>; whatever else an older reader would misread raises it.
/// </remarks>
internal static class SavedModel
{
    /// <summary>The version written, and the newest that is read.</summary>
    public const int FormatVersion = 1;

    public const string OptionsFile = "options.json";
    public const string ChecksumFile = "options.json.sha256";
    public const string WeightsFile = "weights.safetensors";

    private const string EndOfOptions = "}\n";
    private const int MaximumOptionsLength = 1 << 20;

    private static readonly string Library = LibraryVersion();

    private static readonly JsonSerializerOptions HeaderJson =
        new(Json([])) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>What <see cref="NativeModel.Save{TFormat}"/> writes for a transformer.</summary>
    /// <param name="format">What the files hold.</param>
    /// <param name="options">What makes the transformer again; an <see cref="AttentionMechanism"/> in it goes by its name.</param>
    /// <param name="weights">The weights, as a safetensors file; null if there are none.</param>
    /// <param name="weightsFile">What their file is called, where it is another than <see cref="WeightsFile"/>.</param>
    public static IEnumerable<KeyValuePair<string, Action<Stream>>> Files<TOptions>(
        string format, TOptions options, byte[]? weights = null, string weightsFile = WeightsFile)
        where TOptions : class
    {
        var checksum = weights is null ? null : new Checksum(weights.Length, Hash(weights));
        var content = new Content<TOptions>(format, FormatVersion, Library, options, checksum);
        var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(content, Json([])) + "\n");
        if (json.Length > MaximumOptionsLength)
        {
            throw new InvalidOperationException($"The options are {json.Length} bytes of JSON; up to {MaximumOptionsLength} can be saved.");
        }

        yield return new(OptionsFile, stream => stream.Write(json));
        yield return new(ChecksumFile, stream => stream.Write(Encoding.UTF8.GetBytes(ChecksumLine(Hash(json)))));
        if (weights is not null)
        {
            yield return new(weightsFile, stream => stream.Write(weights));
        }
    }

    /// <summary>Reads the files back.</summary>
    /// <param name="files">The files.</param>
    /// <param name="format">What they have to hold.</param>
    /// <param name="own">Mechanisms of the user's own that the options may name.</param>
    /// <param name="weightsFile">What the file of the weights is called.</param>
    /// <returns>The options, and the weights, or null if none were saved.</returns>
    /// <exception cref="InvalidDataException">
    /// A file is missing, cut short, changed or too large, of another format or of a newer version; the message says which.
    /// </exception>
    public static (TOptions Options, byte[]? Weights) Read<TOptions>(
        IModelFiles files, string format, IReadOnlyCollection<AttentionMechanism> own, string weightsFile = WeightsFile)
        where TOptions : class
    {
        var json = ReadOptions(files);
        RequireFormat(json, format);
        var content = Parse<Content<TOptions>>(json, Json(own));
        return (content.Options, content.Weights is null ? null : ReadWeights(files, weightsFile, content.Weights));
    }

    /// <summary>Reads the files back of what has weights.</summary>
    /// <inheritdoc cref="Read"/>
    /// <returns>The options and the weights.</returns>
    public static (TOptions Options, byte[] Weights) ReadWithWeights<TOptions>(
        IModelFiles files, string format, IReadOnlyCollection<AttentionMechanism> own, string weightsFile = WeightsFile)
        where TOptions : class
    {
        var (options, weights) = Read<TOptions>(files, format, own, weightsFile);
        return (options, weights ?? throw new InvalidDataException($"The saved model has no '{weightsFile}'; a '{format}' has one."));
    }

    /// <summary>Makes something of options that were read.</summary>
    /// <param name="make">Checks them, and makes it.</param>
    /// <exception cref="InvalidDataException">A check failed; the message is the check's.</exception>
    public static T RequireValid<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"The options in the saved model do not go together. {exception.Message}");
        }
    }

    /// <summary>The members in which two of the same options differ, as they are saved.</summary>
    /// <param name="saved">Those of a file.</param>
    /// <param name="here">Those that are asked for.</param>
    public static IEnumerable<string> Differences<TOptions>(TOptions saved, TOptions here)
        where TOptions : class
    {
        var (theirs, ours) = (Members(saved), Members(here));
        return theirs.Select(member => member.Key).Union(ours.Select(member => member.Key))
            .Where(name => !JsonNode.DeepEquals(theirs[name], ours[name]))
            .Select(name => $"{name} is {Text(ours[name])} and was {Text(theirs[name])}");
        static JsonObject Members(TOptions options) => JsonSerializer.SerializeToNode(options, Json([]))!.AsObject(); // a record is an object
        static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
    }

    private static byte[] ReadOptions(IModelFiles files)
    {
        var json = ReadSmall(files, OptionsFile, MaximumOptionsLength);
        if (!json.AsSpan().EndsWith(Encoding.UTF8.GetBytes(EndOfOptions)))
        {
            throw Refused(OptionsFile, $"is cut short after {json.Length} bytes, or is no file of AttentionML.");
        }

        var expected = Encoding.UTF8.GetBytes(ChecksumLine(Hash(json)));
        if (!ReadSmall(files, ChecksumFile, expected.Length).AsSpan().SequenceEqual(expected))
        {
            throw Refused(OptionsFile, $"is corrupted: its SHA-256 is not what '{ChecksumFile}' says.");
        }

        return json;
    }

    private static byte[] ReadSmall(IModelFiles files, string name, int maximumLength)
    {
        byte[] bytes = [];
        files.Read(name, stream =>
        {
            if (stream.Length > maximumLength)
            {
                throw Refused(name, $"is oversized: {stream.Length} bytes; up to {maximumLength} are allowed.");
            }

            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        });
        return bytes;
    }

    // Before the rest is parsed: a newer version may have members that this one does not know.
    private static void RequireFormat(byte[] json, string format)
    {
        var header = Parse<Header>(json, HeaderJson);
        if (header.Format != format)
        {
            throw Refused(OptionsFile, $"is foreign: it says format '{header.Format}', not '{format}'.");
        }

        if (header.FormatVersion > FormatVersion)
        {
            throw new InvalidDataException(
                $"The saved model is newer: format version {header.FormatVersion}, written by {header.WrittenBy}. {Library} reads up to " +
                $"{FormatVersion}: update AttentionML.");
        }

        if (header.FormatVersion < 1)
        {
            throw new InvalidDataException($"The saved model has format version {header.FormatVersion}; the first is 1.");
        }
    }

    private static T Parse<T>(byte[] json, JsonSerializerOptions options)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, options)
                ?? throw Refused(OptionsFile, "is foreign: it is null.");
        }
        catch (JsonException exception)
        {
            throw Refused(OptionsFile, $"cannot be read by {Library}: {exception.Message}");
        }
    }

    private static byte[] ReadWeights(IModelFiles files, string file, Checksum expected)
    {
        byte[] bytes = [];
        files.Read(file, stream =>
        {
            if (stream.Length < expected.Length)
            {
                throw Refused(file, $"is cut short: {stream.Length} of {expected.Length} bytes.");
            }

            if (stream.Length > expected.Length || stream.Length > Array.MaxLength)
            {
                throw Refused(
                    file,
                    $"is oversized: {stream.Length} bytes; {OptionsFile} says {expected.Length}, and up to {Array.MaxLength} are allowed.");
            }

            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != expected.Sha256)
            {
                throw Refused(file, $"is corrupted: its SHA-256 is not what '{OptionsFile}' says.");
            }

            stream.Position = 0;
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        });
        return bytes;
    }

    private static InvalidDataException Refused(string file, string why) => new($"'{file}' in the saved model {why}");

    private static JsonSerializerOptions Json(IReadOnlyCollection<AttentionMechanism> own) => new(JsonSerializerOptions.Strict)
    {
        Converters = { new MechanismNameConverter(own), new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string ChecksumLine(string hash) => $"{hash}  {OptionsFile}\n";

    private static string LibraryVersion()
    {
        var assembly = typeof(SavedModel).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion; // the SDK writes it
        return $"AttentionML {version.Split('+')[0]}";
    }

    private sealed record Header(string Format, int FormatVersion, string WrittenBy);

    private sealed record Content<TOptions>(string Format, int FormatVersion, string WrittenBy, TOptions Options, Checksum? Weights = null);

    private sealed record Checksum(long Length, string Sha256);
}
