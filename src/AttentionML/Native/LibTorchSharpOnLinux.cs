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
/// TorchSharp 0.107.0 asks for GLIBCXX_3.4.32 (GCC 13) because of one symbol that no relocation refers to, so Debian 12 and Ubuntu 22.04
/// (GLIBCXX_3.4.30) refuse to load it. A copy in memory with that request marked weak loads, and the same code runs.
/// </remarks>
internal static class LibTorchSharpOnLinux
{
    public const string FileName = "libLibTorchSharp.so";
    private const ushort WeakFlag = 2;

    private static readonly string[] Dependencies = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];
    private static readonly Lazy<nint> Adapted = new(LoadAdapted);

    /// <summary>The versions made optional in memory; empty where the library loads as it is.</summary>
    public static IReadOnlyList<string> OptionalVersions { get; private set; } = [];

    // The event is raised only after the normal load failed: where the system is new enough, nothing here ever runs.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The event must be subscribed before TorchSharp's first call, whoever makes it.")]
    internal static void Subscribe()
    {
        if (OperatingSystem.IsLinux())
        {
            AssemblyLoadContext.GetLoadContext(typeof(LibTorchSharpOnLinux).Assembly)!.ResolvingUnmanagedDll += Resolve;
        }
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name != "LibTorchSharp")
        {
            return 0;
        }

        try
        {
            return Adapted.Value;
        }
        catch (TorchLoadException)
        {
            return 0; // For TorchSharp's own error; TorchRuntime.Initialize calls Load and throws this one.
        }
    }

    /// <summary>Loads the adapted copy, once.</summary>
    /// <exception cref="TorchLoadException">It cannot be made to load here.</exception>
    public static nint Load() => Adapted.Value;

    /// <summary>
    /// Refuses broken files while that is still possible. The system's loader does not look: it maps what a file's headers promise, and
    /// where the file is cut short the process dies of SIGBUS.
    /// </summary>
    /// <exception cref="TorchLoadException">A file is broken.</exception>
    public static void RequireCompleteFiles()
    {
        var folders = NativeFolders.OfApplication();
        foreach (var fileName in (string[])[FileName, .. Dependencies, "libc10_cuda.so", "libtorch_cuda.so"])
        {
            if (folders.Find(fileName) is { } path)
            {
                Try(path, () => ElfSegment.ReadAll(path));
            }
        }
    }

    /// <summary>Marks in <paramref name="library"/> the versions that it asks for, does not use and does not find, as weak.</summary>
    /// <param name="library">The content of the file, changed in place.</param>
    /// <param name="provided">What the system's libstdc++ provides.</param>
    /// <returns>The versions marked; empty where the system is new enough.</returns>
    /// <exception cref="InvalidDataException">The file is broken.</exception>
    /// <exception cref="TorchLoadException">The library uses a version that the system does not provide.</exception>
    public static IReadOnlyList<string> Adapt(Span<byte> library, IReadOnlySet<string> provided)
    {
        var gap = VersionGap.Between(new ElfImage(library), provided);
        if (gap.Used.Count > 0)
        {
            throw TorchLoadFailure.OldLibStdCxx(gap.Used.Select(need => need.Name), LibStdCxx.Newest(provided));
        }

        foreach (var need in gap.Unused)
        {
            var flags = library[need.FlagsOffset..];
            BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | WeakFlag));
        }
        return [.. gap.Unused.Select(need => need.Name)];
    }

    private static nint LoadAdapted()
    {
        var folders = NativeFolders.OfApplication();
        var path = folders.Find(FileName)
            ?? throw TorchLoadFailure.NoLibTorchSharp(FileName, RuntimeInformation.RuntimeIdentifier, folders);
        LoadDependencies(folders);

        var library = Try(path, () => File.ReadAllBytes(path));
        var provided = Try(LibStdCxx.FindLoaded() ?? LibStdCxx.FileName, LibStdCxx.ProvidedVersions);
        OptionalVersions = Try(path, () => Adapt(library, provided));
        return Try(path, () => OptionalVersions.Count > 0 ? MemoryFile.LoadLibrary("LibTorchSharp", library) : NativeLibrary.Load(path));
    }

    // A library in memory has no folder to look around in: what it needs must be there already. Where the application has no file for
    // one, the system's loader may know it by name (a Python installation's libtorch, say).
    private static void LoadDependencies(NativeFolders folders)
    {
        foreach (var fileName in Dependencies)
        {
            var path = folders.Find(fileName);
            if (path is not null)
            {
                Try(path, () => NativeLibrary.Load(path));
            }
            else if (!NativeLibrary.TryLoad(fileName, out _))
            {
                throw TorchLoadFailure.NoLibTorch(fileName, folders);
            }
        }
    }

    private static T Try<T>(string path, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (InvalidDataException exception)
        {
            throw TorchLoadFailure.Broken(path, File.Exists(path) ? new FileInfo(path).Length : 0, exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or IOException)
        {
            throw TorchLoadFailure.RefusedByLinux(path, RuntimeInformation.RuntimeIdentifier, exception);
        }
    }
}
