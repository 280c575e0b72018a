using System.Diagnostics;
using System.Text.Json;

namespace AttentionML.Tests.Repository;

/// <summary>
/// The switch between libtorch for the CPU and for CUDA, seen as MSBuild evaluates it: the CUDA package itself is restored only where
/// someone asks for it.
/// </summary>
public class TorchBackendTests
{
    private static readonly string CpuPackage = OperatingSystem.IsLinux() ? "libtorch-cpu-linux-x64" : "TorchSharp-cpu";

    [Fact]
    public void TorchBackend_Unset_ReferencesLibtorchForTheCpu()
    {
        var packages = PackagesOf("samples/CompareAttention");

        Assert.Contains(CpuPackage, packages);
        Assert.DoesNotContain("TorchSharp-cuda-linux", packages);
    }

    [Fact]
    public void TorchBackend_Cuda_ReferencesLibtorchForCudaInstead()
    {
        var packages = PackagesOf("samples/CompareAttention", "-p:TorchBackend=cuda");

        Assert.Contains("TorchSharp-cuda-linux", packages);
        Assert.DoesNotContain(CpuPackage, packages);
    }

    [Fact]
    public void Library_WhateverTheBackend_ReferencesTorchSharpAlone()
    {
        var packages = PackagesOf("src/AttentionML", "-p:TorchBackend=cuda");

        Assert.Equal(["TorchSharp"], packages.Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)));
    }

    private static string[] PackagesOf(string project, params string[] properties)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = RepositoryRoot.Path };
        foreach (var argument in (string[])["msbuild", project, "-getItem:PackageReference", "-nodeReuse:false", .. properties])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var items = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        return [.. items.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()!)];
    }
}
