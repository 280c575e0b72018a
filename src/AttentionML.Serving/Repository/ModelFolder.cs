using System.Text;

namespace AttentionML.Serving.Repository;

/// <summary>A model's folder on the disk. Links are followed as long as they stay within the repository.</summary>
internal sealed class ModelFolder(string root, string name)
{
    private const long LargestConfig = 1 << 20;

    public string Name => name;

    private string Path => System.IO.Path.Combine(root, name);

    /// <summary>The models of a repository, by name. What has no model's name is left out.</summary>
    public static IReadOnlyList<ModelFolder> All(string root) =>
        [.. Directory.EnumerateDirectories(root)
            .Select(folder => System.IO.Path.GetFileName(folder))
            .Where(ModelNames.IsValid)
            .Order(StringComparer.Ordinal)
            .Select(folder => new ModelFolder(root, folder))];

    /// <summary>The folders that All leaves out, hidden ones apart.</summary>
    public static IReadOnlyList<string> Strangers(string root) =>
        [.. Directory.EnumerateDirectories(root)
            .Select(folder => System.IO.Path.GetFileName(folder))
            .Where(name => !ModelNames.IsValid(name) && !name.StartsWith('.'))
            .Order(StringComparer.Ordinal)];

    public bool Exists => ModelNames.IsValid(name) && Directory.Exists(Path);

    /// <summary>The configuration, or the default where the file is missing.</summary>
    /// <exception cref="ModelLoadException">The file cannot be followed.</exception>
    public ModelConfig ReadConfig()
    {
        var file = System.IO.Path.Combine(Path, "config.pbtxt");
        if (!File.Exists(file))
        {
            return new();
        }

        try
        {
            if (new FileInfo(Inside(file)).Length > LargestConfig)
            {
                throw new ModelLoadException("config.pbtxt is larger than 1 MiB.");
            }

            return ModelConfigReader.Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file)), name);
        }
        catch (TextFormatException error)
        {
            throw new ModelLoadException($"config.pbtxt:{error.Message}");
        }
        catch (Exception error) when (error is DecoderFallbackException or ArgumentException)
        {
            throw new ModelLoadException("config.pbtxt is not UTF-8.");
        }
    }

    public IReadOnlyList<long> Versions() =>
        [.. Directory.EnumerateDirectories(Path).Select(folder => ModelNames.Version(System.IO.Path.GetFileName(folder))).OfType<long>()];

    /// <summary>The path of a version's file.</summary>
    /// <exception cref="ModelLoadException">It is not there, or a link leads out of the repository.</exception>
    public string FileOf(long version, ModelConfig config)
    {
        var file = System.IO.Path.Combine(Path, $"{version}", config.ModelFile);
        return File.Exists(file) ? Inside(file) : throw new ModelLoadException($"Version {version} has no file {config.ModelFile}.");
    }

    /// <summary>What changes when the files of a version or the configuration change: their names, sizes and times.</summary>
    public string Stamp(long version)
    {
        var files = Directory.Exists(System.IO.Path.Combine(Path, $"{version}"))
            ? new DirectoryInfo(System.IO.Path.Combine(Path, $"{version}")).EnumerateFiles()
            : [];
        return string.Join('|', files.Append(new(System.IO.Path.Combine(Path, "config.pbtxt")))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => file.Exists ? $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}" : ""));
    }

    private string Inside(string file)
    {
        var home = Resolve(root);
        return Resolve(file).StartsWith(home + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? file
            : throw new ModelLoadException($"{System.IO.Path.GetFileName(file)} is a link that leads out of the repository.");
    }

    // Each part of the path may be a link.
    private static string Resolve(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var parent = System.IO.Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        var here = System.IO.Path.Combine(Resolve(parent), System.IO.Path.GetFileName(full));
        FileSystemInfo info = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
        return info.ResolveLinkTarget(returnFinalTarget: true) is { } target ? Resolve(target.FullName) : here;
    }
}
