using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionML.Export;

/// <summary>Certificates as files, and files held to them.</summary>
internal static class OnnxCertificate
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        WriteIndented = true,
    };

    /// <summary>Where the certificate of a model stands.</summary>
    public static string PathOf(string model) => Path.ChangeExtension(model, ".parity.json");

    /// <summary>The certificate as it is written.</summary>
    public static byte[] Write(OnnxParity parity) => [.. JsonSerializer.SerializeToUtf8Bytes(parity, Json), (byte)'\n'];

    /// <summary>Reads the certificate of a model.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static OnnxParity Read(string model)
    {
        var path = PathOf(model);
        try
        {
            return JsonSerializer.Deserialize<OnnxParity>(File.ReadAllBytes(path), Json) is { Cases.Count: > 0, Files.Count: > 0 } parity
                ? parity
                : throw new InvalidDataException($"'{path}' is no certificate: it names no comparison or no file.");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"'{path}' is no certificate, or only a part of one: {broken.Message}", broken);
        }
    }

    /// <summary>Holds a model to its certificate, and to what it was made of.</summary>
    /// <exception cref="FileNotFoundException">One of the files is not there.</exception>
    /// <exception cref="InvalidDataException">A file is not the one that was certified.</exception>
    /// <exception cref="ParityException">The model gives other numbers than torch.</exception>
    public static OnnxParity Verify(string model, IParitySubject subject)
    {
        var certified = Read(model);
        var folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        if (certified.Files[0].Name != Path.GetFileName(model))
        {
            throw new InvalidDataException($"'{PathOf(model)}' certifies '{certified.Files[0].Name}'; export '{model}' again, or name the file that was certified.");
        }

        foreach (var file in certified.Files)
        {
            // A certificate names files beside it, and no others.
            var path = Path.Combine(folder, Path.GetFileName(file.Name));
            var found = OnnxFileHash.Of(path);
            if (found != file)
            {
                throw new InvalidDataException(
                    $"'{path}' is not the file that was certified: it has {found.Bytes} bytes with SHA-256 {found.Sha256}, " +
                    $"the certificate says {file.Bytes} and {file.Sha256}. Export it again.");
            }
        }

        return ParityCheck.Run(subject, model) with { Profile = certified.Profile, Form = certified.Form, Files = certified.Files, ProducerVersion = certified.ProducerVersion };
    }
}
