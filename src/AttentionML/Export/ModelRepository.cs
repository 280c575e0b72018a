using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AttentionML.Data;

namespace AttentionML.Export;

/// <summary>
/// Writes a model into a repository that inference servers read: <c>NAME/config.pbtxt</c>, <c>NAME/VERSION/model.onnx</c>. It is made beside
/// the repository, and comes into it by renaming a whole folder.
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
    /// <exception cref="IOException">The version is there, and is not to be replaced; or the repository is the root of a file system.</exception>
    /// <exception cref="ParityException">The model gives other numbers than torch; nothing was written.</exception>
    public static OnnxParity Write(
        string root, string name, int version, OnnxExport export, ModelCard card, (string Output, IReadOnlyList<string> Names)? labels)
    {
        RequireName(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(version);
        card.Validate();
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var (model, number) = (Path.Combine(root, name), version.ToString(CultureInfo.InvariantCulture));
        var folder = Path.Combine(model, number);
        RequireFree();

        // Beside the repository: Triton takes every folder in it for a model, and every one in a model that begins with a digit for a version.
        using var aside = new AsideFolder(root);
        var parity = OnnxFile.Make(aside, Path.Combine(name, number, ModelName), export);
        var files = Files(name, export, card, labels);
        foreach (var (file, content) in files)
        {
            aside.Write(Path.Combine(name, file), stream => stream.Write(content));
        }

        var entry = RepositoryReadme.Entry(name, version, export.Model, export.Subject.Mechanism, card, parity);
        OneAtATime(root, () =>
        {
            RequireFree();
            Directory.CreateDirectory(root);
            if (Newest(model) > version)
            {
                // Servers take the highest: configuration, labels and entry are that one's.
                aside.MoveFolder(Path.Combine(name, number), folder);
                return;
            }

            if (Directory.Exists(model))
            {
                aside.MoveFolder(Path.Combine(name, number), folder);
                files.ForEach(file => aside.MoveFile(Path.Combine(name, file.Name), Path.Combine(model, file.Name)));
            }
            else
            {
                aside.MoveFolder(name, model);
            }

            RepositoryReadme.Put(root, name, entry);
        });
        return parity;

        void RequireFree()
        {
            if (Directory.Exists(folder) && !card.Replace)
            {
                throw new IOException(
                    $"Version {version} of '{name}' is in '{root}'. Write another version, or set {nameof(ModelCard)}.{nameof(ModelCard.Replace)}.");
            }
        }
    }

    // The highest version of a model; 0 where there is none.
    private static int Newest(string model) => !Directory.Exists(model) ? 0 : Directory.EnumerateDirectories(model)
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Append(0).Max();

    // Two that write into one repository of this machine at once, in one process or in two, would each put back the README that they had read.
    private static void OneAtATime(string root, Action publish)
    {
        var repository = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)));
        using var turn = new Mutex(initiallyOwned: false, $@"Global\AttentionML-{repository}");
        try
        {
            turn.WaitOne();
        }
        catch (AbandonedMutexException)
        {
            // Who had the turn was killed. The turn is ours now, and files are there whole or not at all.
        }

        try
        {
            publish();
        }
        finally
        {
            turn.ReleaseMutex();
        }
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
