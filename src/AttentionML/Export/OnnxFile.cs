using System.Buffers;
using System.Security.Cryptography;
using AttentionML.Data;
using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>Writes a model, its certificate and, where there is much of them, its weights.</summary>
internal static class OnnxFile
{
    // Ends the names of files with weights: 16 digits of their hash, so that a new one never takes the place of one that is in use.
    private const string DataExtension = ".data";
    private const int HashDigits = 16;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Writes aside, checks what is written there, and moves it to its place: last the model, which names the file of its weights.</summary>
    /// <exception cref="ParityException">It gives other numbers than torch; nothing was written.</exception>
    public static OnnxParity Write(string path, OnnxExport export)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        using var aside = new AsideFolder(path);
        var parity = Make(aside, Path.GetFileName(path), export);
        foreach (var file in parity.Files.Reverse())
        {
            aside.MoveFile(file.Name, Path.Combine(folder, file.Name));
        }

        var certificate = OnnxCertificate.PathOf(path);
        aside.MoveFile(Path.GetFileName(certificate), certificate);
        foreach (var old in OldData(path).Where(old => parity.Files.All(file => file.Name != Path.GetFileName(old))))
        {
            File.Delete(old);
        }

        return parity;
    }

    /// <summary>Writes the files into a folder, and checks them there.</summary>
    /// <param name="aside">The folder.</param>
    /// <param name="name">What the model is to be called, in the folder or in one inside it.</param>
    /// <param name="export">The model.</param>
    /// <exception cref="ParityException">It gives other numbers than torch.</exception>
    public static OnnxParity Make(AsideFolder aside, string name, OnnxExport export)
    {
        var model = export.Model;
        List<string> names = [name];
        if (OnnxExternalData.Size(model) > export.LargestInside)
        {
            names.Add(MoveWeights(aside, name, model));
        }

        aside.Write(name, model.WriteTo);
        var parity = ParityCheck.Run(export.Subject, aside.Path(name)) with
        {
            Profile = export.Profile,
            Form = export.Form,
            ProducerVersion = OnnxModel.ProducerVersion,
            Files = [.. names.Select(file => OnnxFileHash.Of(aside.Path(file)))],
        };
        aside.Write(OnnxCertificate.PathOf(name), file => file.Write(OnnxCertificate.Write(parity)));
        return parity;
    }

    private static string MoveWeights(AsideFolder aside, string name, ModelProto model)
    {
        var unnamed = $"{name}.weights";
        aside.Write(unnamed, file => OnnxExternalData.MoveOut(model, file));
        using var weights = File.OpenRead(aside.Path(unnamed));
        var location = $"{Path.ChangeExtension(name, null)}.{Convert.ToHexStringLower(SHA256.HashData(weights))[..HashDigits]}{DataExtension}";
        OnnxExternalData.Locate(model, Path.GetFileName(location));
        aside.MoveFile(unnamed, aside.Path(location));
        return location;
    }

    // A pattern would not do: to one, "model.train.data", somebody else's, ends like ours.
    private static List<string> OldData(string path)
    {
        var start = $"{Path.GetFileNameWithoutExtension(path)}.";
        return [.. Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Where(file => IsData(Path.GetFileName(file), start))];
    }

    private static bool IsData(string name, string start) =>
        name.Length == start.Length + HashDigits + DataExtension.Length &&
        name.StartsWith(start, StringComparison.Ordinal) &&
        name.EndsWith(DataExtension, StringComparison.Ordinal) &&
        name.AsSpan(start.Length, HashDigits).IndexOfAnyExcept(Digits) < 0;
}
