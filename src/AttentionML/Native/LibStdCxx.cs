using System.Runtime.InteropServices;

namespace AttentionML.Native;

/// <summary>The C++ runtime of this Linux system.</summary>
internal static class LibStdCxx
{
    public const string FileName = "libstdc++.so.6";

    /// <summary>The symbol versions that it provides, such as GLIBCXX_3.4.30; none where there is no libstdc++.</summary>
    public static IReadOnlySet<string> ProvidedVersions()
    {
        var path = FindLoaded();
        return path is null ? new HashSet<string>() : new ElfImage(File.ReadAllBytes(path)).VersionDefinitions();
    }

    /// <summary>The file of it in this process; null where there is none.</summary>
    public static string? FindLoaded()
    {
        NativeLibrary.TryLoad(FileName, out _);
        return File.ReadLines("/proc/self/maps").Select(PathOfMapping).FirstOrDefault(IsLibStdCxx);
    }

    /// <summary>The newest GLIBCXX among the versions: "GLIBCXX_3.4.30", or null where there is none.</summary>
    public static string? Newest(IEnumerable<string> versions)
    {
        const string Prefix = "GLIBCXX_";
        return versions
            .Where(version => version.StartsWith(Prefix, StringComparison.Ordinal) && Version.TryParse(version[Prefix.Length..], out _))
            .MaxBy(version => Version.Parse(version[Prefix.Length..]));
    }

    // The path is the sixth column, from its first slash on; anonymous mappings have none.
    private static string PathOfMapping(string line) => line.IndexOf('/') is var slash and >= 0 ? line[slash..] : "";

    private static bool IsLibStdCxx(string path) => Path.GetFileName(path).StartsWith("libstdc++.so", StringComparison.Ordinal);
}
