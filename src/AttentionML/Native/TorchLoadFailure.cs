using System.Globalization;

namespace AttentionML.Native;

/// <summary>The reasons for which libtorch does not load, each with its cause and its way out.</summary>
internal static class TorchLoadFailure
{
    private const string WithoutTorch = "score an exported model with ONNX Runtime, which needs no libtorch";

    /// <summary>The application has TorchSharp but not the libtorch under it.</summary>
    public static TorchLoadException NoLibTorch(string missing, NativeFolders searched, Exception? cause = null) => new(
        $"The application has no libtorch: {missing} is in none of {searched}. Add a package to the application's project: "
        + "libtorch-cpu-linux-x64 2.10.0 (Linux, CPU), TorchSharp-cuda-linux 0.107.0 (Linux, CUDA) or TorchSharp-cpu 0.107.0 (elsewhere). "
        + $"Or {WithoutTorch}.",
        cause);

    /// <summary>TorchSharp has no native library for this system.</summary>
    public static TorchLoadException NoLibTorchSharp(string fileName, string runtimeIdentifier, NativeFolders searched) => new(
        $"{fileName} is in none of {searched}. TorchSharp 0.107.0 brings it for linux-x64, osx-arm64, win-x64 and win-arm64, and this is "
        + $"{runtimeIdentifier}. On one of the four, build the application again: the file comes with the TorchSharp package. "
        + $"Elsewhere, {WithoutTorch}.");

    /// <summary>A file is cut short or is something else.</summary>
    public static TorchLoadException Broken(string path, long size, InvalidDataException cause) => new(
        string.Create(CultureInfo.InvariantCulture, $"{path} ({size} bytes) is broken: {cause.Message}. ")
        + "Delete it, clear its package from the NuGet cache (dotnet nuget locals all --clear) and build again.",
        cause);

    /// <summary>The C++ runtime lacks versions that are really used.</summary>
    public static TorchLoadException OldLibStdCxx(IEnumerable<string> missing, string? newest) => new(
        $"TorchSharp's native library uses {string.Join(" and ", missing)}, and this system's {LibStdCxx.FileName} "
        + (newest is null ? "is missing" : $"provides versions up to {newest}")
        + ". Use a system whose C++ runtime is of GCC 12 or newer, such as "
        + $"Debian 12, Ubuntu 22.04 or their .NET container images (RHEL 9 and Debian 11 are older). Or {WithoutTorch}.");

    /// <summary>Linux's loader refused a file that is sound.</summary>
    public static TorchLoadException RefusedByLinux(string path, string runtimeIdentifier, Exception cause) =>
        runtimeIdentifier.Contains("musl", StringComparison.Ordinal) || runtimeIdentifier.StartsWith("alpine", StringComparison.Ordinal)
            ? new(
                $"libtorch is built for glibc, and this system ({runtimeIdentifier}) has musl. Use a system or container image with "
                + $"glibc, such as Debian's or Ubuntu's instead of Alpine's. Or {WithoutTorch}.",
                cause)
            : Refused(path, cause);

    /// <summary>Windows with the release that does not load there.</summary>
    public static TorchLoadException Windows(string torchSharpVersion, Exception cause) => new(
        $"TorchSharp {torchSharpVersion} does not load on Windows: its LibTorchSharp.dll imports functions that libtorch 2.10.0 for "
        + "Windows does not export (https://github.com/dotnet/TorchSharp/issues/1567), and no package reference mends that. Run on "
        + $"Linux x64 (WSL 2 or a container). Or {WithoutTorch}.",
        cause);

    /// <summary>TorchSharp was used, and failed, before this library could help it.</summary>
    public static TorchLoadException TorchSharpFailedBefore(TypeInitializationException cause) => new(
        "TorchSharp was used before AttentionML had made its native library loadable, and .NET does not try again within a process. Call "
        + $"{nameof(TorchRuntime)}.{nameof(TorchRuntime.Initialize)}() before the first use of TorchSharp.",
        cause);

    /// <summary>Anything else: what the system's loader said.</summary>
    public static TorchLoadException Refused(string path, Exception cause) => new(
        $"The system's loader refused {path}: {cause.Message.TrimEnd('.')}. Where that cannot be mended, {WithoutTorch}.",
        cause);
}
