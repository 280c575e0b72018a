using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using AttentionML.Tests.Export;

namespace AttentionML.Tests.Repository;

/// <summary>The NuGet package, packed from what was built for these tests.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pack_GivesLibraryBridgeDocumentsAndSymbols()
    {
        Pack();

        Assert.Equal(
            ["LICENSE", .. Built(".dll"), "README.md", .. Built(".xml")],
            Entries("*.nupkg").Where(name => name.StartsWith("lib/", StringComparison.Ordinal) || name is "LICENSE" or "README.md")
                .OrderBy(Path.GetExtension).ThenBy(name => name, StringComparer.Ordinal));
        Assert.Equal(Built(".pdb"), Entries("*.snupkg").Where(name => name.EndsWith(".pdb", StringComparison.Ordinal)));
    }

    private static string[] Built(string extension) =>
        [$"lib/net10.0/AttentionML.MLNetBridge{extension}", $"lib/net10.0/AttentionML{extension}"];

    private void Pack()
    {
        // The SDK writes the attribute.
        var configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var start = new ProcessStartInfo(
            "dotnet", ["pack", "src/AttentionML", "--no-build", "-c", configuration, "-o", _folder.File(""), "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = RepositoryRoot.Path,
        };
        using var process = Process.Start(start)!; // an executable always starts a process
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    private string[] Entries(string package)
    {
        using var zip = ZipFile.OpenRead(Directory.GetFiles(_folder.File(""), package).Single());
        return [.. zip.Entries.Select(entry => entry.FullName)];
    }
}
