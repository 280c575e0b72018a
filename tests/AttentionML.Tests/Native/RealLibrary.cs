using AttentionML.Native;

namespace AttentionML.Tests.Native;

/// <summary>TorchSharp's native library for Linux, as the package brings it.</summary>
internal static class RealLibrary
{
    /// <summary>A copy of its content, free to change.</summary>
    public static byte[] Read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The library is for Linux.");
        return File.ReadAllBytes(NativeFolders.OfApplication().Find("libLibTorchSharp.so")!);
    }

    /// <summary>The versions of a libstdc++ whose newest is GLIBCXX_3.4.<paramref name="newest"/>.</summary>
    public static HashSet<string> ProvidedUpTo(int newest) =>
        [
            "GLIBCXX_3.4",
            .. Enumerable.Range(1, newest).Select(minor => $"GLIBCXX_3.4.{minor}"),
            "CXXABI_1.3",
            .. Enumerable.Range(1, 15).Select(minor => $"CXXABI_1.3.{minor}"),
        ];
}
