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

    [Fact]
    public async Task Package_InANewProgram_TrainsSavesLoadsAndScores()
    {
        Pack("-p:PackageVersion=0.1.0-test");
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "tests", "PackageUser")))
        {
            File.Copy(file, _folder.File(Path.GetFileName(file).Replace(".template", "", StringComparison.Ordinal)));
        }

        // The machine's packages serve what is there already; AttentionML's own goes into the folder of the test.
        File.WriteAllText(_folder.File("Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <RestorePackagesPath>{_folder.File("packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{NuGetFolder()}</RestoreFallbackFolders>
                <RestoreAdditionalProjectSources>{_folder.File("")}</RestoreAdditionalProjectSources>
              </PropertyGroup>
            </Project>
            """);
        File.Copy(Path.Combine(RepositoryRoot.Path, "NuGet.config"), _folder.File("NuGet.config"));

        var built = await Dotnet("build", "-c", "Release", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        Assert.True(built.Code == 0, built.Output);
        var trained = await Dotnet("bin/Release/net10.0/PackageUser.dll", "train", "model.zip");
        var scored = await Dotnet("bin/Release/net10.0/PackageUser.dll", "score", "model.zip");

        Assert.True(trained.Code == 0 && scored.Code == 0, trained.Output + scored.Output);
        Assert.StartsWith("accuracy 1", trained.Output, StringComparison.Ordinal);
        Assert.Equal(trained.Output.Split('\n')[1..], scored.Output.Split('\n')); // the bits of the scores, from another process
        Assert.True(File.Exists(_folder.File("packages/attentionml/0.1.0-test/attentionml.nuspec")));
    }

    // Where this process's own packages come from.
    private static string NuGetFolder() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private async Task<(int Code, string Output)> Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.File("") };
        start.Environment["MKL_CBWR"] = "COMPATIBLE"; // libtorch's products otherwise round by where the numbers happen to lie
        using var process = Process.Start(start)!; // an executable always starts a process
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output.Trim() + await errors);
    }

    private static string[] Built(string extension) =>
        [$"lib/net10.0/AttentionML.MLNetBridge{extension}", $"lib/net10.0/AttentionML{extension}"];

    private void Pack(params string[] properties)
    {
        // The SDK writes the attribute.
        var configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var start = new ProcessStartInfo(
            "dotnet", ["pack", "src/AttentionML", "--no-build", "-c", configuration, "-o", _folder.File(""), "-nodeReuse:false", .. properties])
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
