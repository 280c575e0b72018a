using System.Globalization;
using System.Text;
using AttentionML.Data;

namespace AttentionML.Export;

/// <summary>
/// Writes a model into a repository that inference servers read: <c>NAME/config.pbtxt</c>, <c>NAME/VERSION/model.onnx</c>.
/// </summary>
internal static class ModelRepository
{
    private const string ModelName = "model.onnx";
    private const int LongestName = 128;

    /// <summary>Writes a version of a model: whole, or not at all.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="export">The model.</param>
    /// <param name="card">What the repository says of it.</param>
    /// <param name="labels">The output whose numbers belong to classes, and the names of these; null for none.</param>
    /// <exception cref="ArgumentException">The name or the version cannot be one, or the card is not in its ranges.</exception>
    /// <exception cref="IOException">The version is there, and is not to be replaced.</exception>
    /// <exception cref="OnnxParityException">The model gives other numbers than torch; nothing was written.</exception>
    public static OnnxParity Write(
        string root, string name, int version, OnnxExport export, ModelCard card, (string Output, IReadOnlyList<string> Names)? labels)
    {
        RequireName(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(version);
        card.Validate();
        root = Path.GetFullPath(root);
        var model = Path.Combine(root, name);
        var folder = Path.Combine(model, version.ToString(CultureInfo.InvariantCulture));
        if (Directory.Exists(folder) && !card.Replace)
        {
            throw new IOException($"Version {version} of '{name}' is in '{root}'. Write another version, or set {nameof(ModelCard)}.{nameof(ModelCard.Replace)}.");
        }

        Directory.CreateDirectory(root);
        var files = Files(name, export, card, labels);
        var parity = Directory.Exists(folder) ? OnnxFile.Write(Path.Combine(folder, ModelName), export)
            : Directory.Exists(model) ? WriteVersion(folder, export)
            : WriteModel(model, Path.GetFileName(folder), export, files);
        foreach (var (file, content) in files)
        {
            WholeFile.Write(Path.Combine(model, file), content);
        }

        RepositoryReadme.Put(root, name, RepositoryReadme.Entry(name, version, export.Model, export.Subject.Mechanism, card, parity));
        return parity;
    }

    private static List<(string Name, byte[] Content)> Files(
        string name, OnnxExport export, ModelCard card, (string Output, IReadOnlyList<string> Names)? labels)
    {
        var configuration = ServerConfiguration.Write(name, export.Model, card, labels?.Output);
        List<(string, byte[])> files = [(ServerConfiguration.FileName, Encoding.UTF8.GetBytes(configuration))];
        if (labels is { } classes)
        {
            var lines = classes.Names.Select(label => label.ReplaceLineEndings(" ") + "\n");
            files.Insert(0, (ServerConfiguration.LabelsFileName, Encoding.UTF8.GetBytes(string.Concat(lines))));
        }

        return files;
    }

    // A server that polls sees a folder without a configuration only as long as its name is not the model's.
    private static OnnxParity WriteModel(string model, string version, OnnxExport export, List<(string Name, byte[] Content)> files)
    {
        using var aside = new AsideFolder(model);
        var parity = OnnxFile.Make(aside, Path.Combine(version, ModelName), export);
        foreach (var (file, content) in files)
        {
            aside.Write(file, stream => stream.Write(content));
        }

        aside.MoveTo(model);
        return parity;
    }

    private static OnnxParity WriteVersion(string folder, OnnxExport export)
    {
        using var aside = new AsideFolder(folder);
        var parity = OnnxFile.Make(aside, ModelName, export);
        aside.MoveTo(folder);
        return parity;
    }

    private static void RequireName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LongestName || name is "." or ".." || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            throw new ArgumentException(
                $"'{name}' cannot be a model's name; it takes 1 to {LongestName} letters (a to z), digits, '.', '_' and '-'.", nameof(name));
        }
    }
}
