using System.Runtime.InteropServices;

namespace AttentionML.Native;

/// <summary>The folders that an application's native libraries lie in, in the order in which they are searched.</summary>
internal sealed class NativeFolders(IReadOnlyList<string> folders)
{
    /// <summary>
    /// The running application's: what the host took from its .deps.json (published, <c>dotnet run</c>, packages in place), then the two
    /// layouts of an output folder, flat and <c>runtimes/RID/native</c>.
    /// </summary>
    public static NativeFolders OfApplication()
    {
        var listed = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        var output = AppContext.BaseDirectory;
        return new(
        [
            .. listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            output,
            Path.Combine(output, "runtimes", PortableRuntimeIdentifier, "native"),
        ]);
    }

    private static string PortableRuntimeIdentifier
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>The path of the first file with this name, or null.</summary>
    public string? Find(string fileName) => folders.Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    /// <summary>The folders, for a message.</summary>
    public override string ToString() =>
        string.Join(", ", folders.Select(Path.TrimEndingDirectorySeparator).Distinct().Where(Directory.Exists));
}
