using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace AttentionML.Native;

/// <summary>Loads libtorch through TorchSharp, or finds out why that fails.</summary>
internal static class TorchLoader
{
    /// <summary>
    /// Loads TorchSharp's native library before TorchSharp does. TorchSharp's own attempt runs only once it must succeed: failing, it
    /// copies half a gigabyte of packages beside the application, blames a missing package whatever the cause, and is never repeated.
    /// </summary>
    /// <returns>What was loaded, in words.</returns>
    /// <exception cref="TorchLoadException">Why it cannot be loaded, and what to do.</exception>
    public static string Load()
    {
        if (OperatingSystem.IsLinux())
        {
            LibTorchSharpOnLinux.RequireCompleteFiles();
        }

        var assembly = typeof(torch).Assembly;
        var version = assembly.GetName().Version?.ToString(3) ?? "";
        NativeLibrary.TryLoad("torch_cpu", assembly, null, out _); // First, as TorchSharp does it.
        if (!NativeLibrary.TryLoad("LibTorchSharp", assembly, null, out _))
        {
            LoadOrExplain(version);
        }

        try
        {
            // TorchSharp loads libtorch in this constructor only; code that first touches torch.nn would fail without it.
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        }
        catch (TypeInitializationException exception)
        {
            throw TorchLoadFailure.TorchSharpFailedBefore(exception);
        }

        var optional = LibTorchSharpOnLinux.OptionalVersions;
        var note = optional.Count > 0 ? $" ({string.Join(", ", optional)} made optional in memory)" : "";
        return $"libtorch {Version.Parse(torch.__version__).ToString(3)} through TorchSharp {version}{note}";
    }

    private static void LoadOrExplain(string version)
    {
        if (OperatingSystem.IsLinux())
        {
            LibTorchSharpOnLinux.Load();
            return;
        }

        var folders = NativeFolders.OfApplication();
        var torchFile = OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.dylib";
        var bridgeFile = OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : "libLibTorchSharp.dylib";
        try
        {
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            if (OperatingSystem.IsWindows() && version == "0.107.0")
            {
                throw TorchLoadFailure.Windows(version, exception);
            }

            if (folders.Find(bridgeFile) is not { } bridge)
            {
                throw TorchLoadFailure.NoLibTorchSharp(bridgeFile, RuntimeInformation.RuntimeIdentifier, folders);
            }

            if (folders.Find(torchFile) is null)
            {
                throw TorchLoadFailure.NoLibTorch(torchFile, folders);
            }

            throw TorchLoadFailure.Refused(bridge, exception);
        }
    }
}
