using AttentionML.Native;

namespace AttentionML.Tests.Native;

public class LibTorchSharpOnLinuxTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    public void Adapt_SystemNewEnough_ChangesNothing(int newest)
    {
        var library = RealLibrary.Read();

        var optional = LibTorchSharpOnLinux.Adapt(library, RealLibrary.ProvidedUpTo(newest));

        Assert.Empty(optional);
        Assert.Equal(RealLibrary.Read(), library);
    }

    [Theory]
    [InlineData(30)] // Debian 12, Ubuntu 22.04
    [InlineData(31)]
    public void Adapt_OnlyUnusedVersionMissing_ChangesOneFlag(int newest)
    {
        var library = RealLibrary.Read();

        var optional = LibTorchSharpOnLinux.Adapt(library, RealLibrary.ProvidedUpTo(newest));

        Assert.Equal(["GLIBCXX_3.4.32"], optional);
        Assert.Single(library.Zip(RealLibrary.Read()), pair => pair.First != pair.Second);
    }

    [Theory]
    [InlineData(29, "GLIBCXX_3.4.30")] // RHEL 9
    [InlineData(28, "GLIBCXX_3.4.30 and GLIBCXX_3.4.29")] // Debian 11
    public void Adapt_UsedVersionMissing_NamesItAndTheNewestProvided(int newest, string missing)
    {
        var exception = Assert.Throws<TorchLoadException>(
            () => LibTorchSharpOnLinux.Adapt(RealLibrary.Read(), RealLibrary.ProvidedUpTo(newest)));

        Assert.Contains($"uses {missing}, and", exception.Message);
        Assert.Contains($"provides versions up to GLIBCXX_3.4.{newest}.", exception.Message);
        Assert.Contains("ONNX Runtime", exception.Message);
    }

    [Fact]
    public void Adapt_NoLibStdCxx_SaysThatItIsMissing()
    {
        var exception = Assert.Throws<TorchLoadException>(
            () => LibTorchSharpOnLinux.Adapt(RealLibrary.Read(), new HashSet<string>()));

        Assert.Contains("this system's libstdc++.so.6 is missing", exception.Message);
    }

    [Fact]
    public void ProvidedVersions_ThisSystem_IncludeTheOldest()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libstdc++ is Linux's.");

        var versions = LibStdCxx.ProvidedVersions();

        Assert.Contains("GLIBCXX_3.4", versions);
        Assert.Matches(@"^GLIBCXX_3\.4\.\d+$", LibStdCxx.Newest(versions));
    }

    [Fact]
    public void Newest_ByNumber_NotByText() =>
        Assert.Equal("GLIBCXX_3.4.30", LibStdCxx.Newest(["GLIBCXX_3.4.9", "GLIBCXX_3.4.30", "CXXABI_1.3.13", "GLIBCXX_TUNABLES"]));
}
