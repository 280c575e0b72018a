using AttentionML.Native;

namespace AttentionML.Tests.Native;

/// <summary>
/// TorchProbe in a temporary folder of its own, deleted on Dispose. Native files are links, for libtorch is half a gigabyte: replace them,
/// never write into them.
/// </summary>
internal sealed class ProbeFolder : IDisposable
{
    private static readonly string[] NativeFiles =
        ["libLibTorchSharp.so", "libc10.so", "libtorch.so", "libtorch_cpu.so", "libtorch_global_deps.so", "libgomp-98b21ff3.so.1"];

    public ProbeFolder(string nativeFolder = "")
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The files are Linux's.");
        Natives = Directory.CreateDirectory(System.IO.Path.Combine(Path, nativeFolder)).FullName;
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        foreach (var file in (FileInfo[])[.. output.GetFiles("*.dll"), .. output.GetFiles("TorchProbe.runtimeconfig.json")])
        {
            file.CopyTo(System.IO.Path.Combine(Path, file.Name));
        }

        foreach (var name in NativeFiles)
        {
            File.CreateSymbolicLink(Native(name), NativeFolders.OfApplication().Find(name)!);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("torch-probe-").FullName;

    public string Natives { get; }

    /// <summary>The path of a native file.</summary>
    public string Native(string name) => System.IO.Path.Combine(Natives, name);

    /// <summary>Puts a file with this content in a link's place.</summary>
    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        File.Delete(Native(name));
        File.WriteAllBytes(Native(name), content);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
