using AttentionML.Native;

namespace AttentionML.Tests.Native;

public class FreshProcessTests
{
    private static readonly string Here = AppContext.BaseDirectory;

    [Fact]
    public async Task Load_SeveralProcessesAtOnce_AllCompute()
    {
        var probes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ProbeProcess.RunAsync(Here, "load")));

        Assert.All(probes, probe => Assert.EndsWith("1 + 1 = 2", probe.Output));
    }

    [Fact]
    public async Task Load_ManyThreadsAtOnce_AllCompute()
    {
        var probe = await ProbeProcess.RunAsync(Here, "load-from-threads", "16");

        Assert.Equal("16 of 16", probe.Output);
    }

    [Fact]
    public async Task Load_TorchSharpUsedFirst_Computes()
    {
        var probe = await ProbeProcess.RunAsync(Here, "load-by-use");

        Assert.StartsWith("1 + 1 = 2", probe.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("runtimes/linux-x64/native")]
    public async Task Load_EitherLayout_Computes(string nativeFolder)
    {
        using var folder = new ProbeFolder(nativeFolder);

        var probe = await ProbeProcess.RunAsync(folder.Path, "load");

        Assert.EndsWith("1 + 1 = 2", probe.Output);
    }

    [Fact]
    public async Task Load_LibraryThatLoadsByItself_IsLeftAlone()
    {
        using var folder = new ProbeFolder();
        var library = RealLibrary.Read();
        LibTorchSharpOnLinux.Adapt(library, LibStdCxx.ProvidedVersions());
        folder.Replace("libLibTorchSharp.so", library);

        var probe = await ProbeProcess.RunAsync(folder.Path, "load");

        Assert.Equal("libtorch 2.10.0 through TorchSharp 0.107.0; 1 + 1 = 2", probe.Output);
    }

    [Fact]
    public async Task Load_NoLibTorch_NamesThePackages()
    {
        using var folder = new ProbeFolder();
        File.Delete(folder.Native("libtorch_cpu.so"));

        var probe = await ProbeProcess.RunAsync(folder.Path, "load");

        Assert.StartsWith($"The application has no libtorch: libtorch_cpu.so is in none of {folder.Path}", probe.Error);
        Assert.Contains("libtorch-cpu-linux-x64 2.10.0", probe.Error);
        Assert.Equal(1, probe.ExitCode);
    }

    [Fact]
    public async Task Load_NoLibTorch_CopiesNothing()
    {
        using var folder = new ProbeFolder();
        File.Delete(folder.Native("libtorch_cpu.so"));
        var before = Directory.GetFileSystemEntries(folder.Path);

        await ProbeProcess.RunAsync(folder.Path, "load");

        Assert.Equal(before.Order(), Directory.GetFileSystemEntries(folder.Path).Order());
    }

    [Theory]
    [InlineData("libLibTorchSharp.so")]
    [InlineData("libtorch_cpu.so")]
    [InlineData("libc10.so")]
    public async Task Load_FileCutShort_NamesItAndItsSize(string name)
    {
        using var folder = new ProbeFolder();
        folder.Replace(name, RealLibrary.Read().AsSpan(0, 100_000));

        var probe = await ProbeProcess.RunAsync(folder.Path, "load");

        Assert.StartsWith($"{folder.Native(name)} (100000 bytes) is broken: it has 100000 bytes, but", probe.Error);
        Assert.Equal(1, probe.ExitCode);
    }

    [Fact]
    public async Task Load_TorchSharpFailedBefore_SaysToInitializeFirst()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The probe's files are Linux's.");
        Assert.SkipWhen(LibStdCxx.ProvidedVersions().Contains("GLIBCXX_3.4.32"), "TorchSharp loads here without help.");

        var probe = await ProbeProcess.RunAsync(Here, "load-too-late");

        Assert.StartsWith("TorchSharp was used before AttentionML", probe.Error);
        Assert.Contains("TorchRuntime.Initialize() before the first use", probe.Error);
    }

    [Fact]
    public async Task Threads_Changed_HoldsHereAndForLaterThreads()
    {
        var probe = await ProbeProcess.RunAsync(Here, "threads");

        Assert.Equal("first 1, here 2, earlier thread 1, later thread 2", probe.Output);
    }

    [Fact]
    public async Task KeepFreedMemory_Glibc_Accepts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "glibc is Linux's.");

        var probe = await ProbeProcess.RunAsync(Here, "softmax", "64", "kept", "main");

        Assert.StartsWith("CPU ms", probe.Output);
    }
}
