using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace AttentionML.Native;

/// <summary>
/// Loads TorchSharp's native library on Linux systems whose libstdc++ lacks a version that the library asks for but does not use.
/// </summary>
/// <remarks>
/// TorchSharp 0.107.0 asks for GLIBCXX_3.4.32 (GCC 13) for a single symbol that no relocation refers to, so Debian 12 and Ubuntu 22.04
/// (3.4.30) refuse to load it. A copy in memory with that request marked weak loads, and executes the same code.
/// </remarks>
internal static class LibTorchSharpOnLinux
{
    private const string FileName = "libLibTorchSharp.so";
    private const int WeakFlag = 2;

    private static readonly Lazy<nint> Adapted = new(LoadAdapted);

    /// <summary>The versions that were made optional in memory, or empty where the library loaded as it is.</summary>
    public static IReadOnlyList<string> OptionalVersions { get; private set; } = [];

    // The event is raised only after the normal load failed, so a system that is new enough never gets here.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The event must be subscribed before TorchSharp's first call, whoever makes it.")]
    internal static void Subscribe()
    {
        if (OperatingSystem.IsLinux())
            AssemblyLoadContext.GetLoadContext(typeof(LibTorchSharpOnLinux).Assembly)!.ResolvingUnmanagedDll += Resolve;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name != "LibTorchSharp")
            return 0;

        try
        {
            return Adapted.Value;
        }
        catch (TorchLoadException)
        {
            return 0; // TorchRuntime.Initialize asks again and reports it.
        }
    }

    /// <summary>The library, loaded from its adapted copy; the same handle for every caller.</summary>
    /// <exception cref="TorchLoadException">It cannot be made to load here.</exception>
    public static nint Load() => Adapted.Value;

    private static nint LoadAdapted()
    {
        var folders = NativeFolders.OfApplication();
        var path = folders.Find(FileName) ?? throw new TorchLoadException($"{FileName} is in none of {folders}.");
        var folder = Path.GetDirectoryName(path)!;
        var bytes = File.ReadAllBytes(path);
        foreach (var need in new ElfImage(bytes).VersionNeeds().Where(need => need.Name == "GLIBCXX_3.4.32"))
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(need.FlagsOffset), WeakFlag);
            OptionalVersions = [need.Name];
        }

        // A file in memory has no folder to look around in; what it needs must be there already.
        foreach (var dependency in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
            NativeLibrary.Load(Path.Combine(folder, dependency));
        return MemoryFile.LoadLibrary("LibTorchSharp", bytes);
    }
}
