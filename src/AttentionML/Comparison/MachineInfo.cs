using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionML.Native;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Comparison;

/// <summary>The machine and the software behind a measurement.</summary>
public sealed record MachineInfo
{
    /// <summary>The processor's name, or its architecture where the system does not tell.</summary>
    public required string Cpu { get; init; }

    /// <summary>Cores that this process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>Bits of the widest vectors that .NET computes with here.</summary>
    public required int VectorBits { get; init; }

    /// <summary>Memory that this process may use, bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The operating system.</summary>
    public required string Os { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string Dotnet { get; init; }

    /// <summary>The version of this library.</summary>
    public required string AttentionML { get; init; }

    /// <summary>The version of ML.NET.</summary>
    public required string MLNet { get; init; }

    /// <summary>The versions of libtorch and TorchSharp.</summary>
    public required string Torch { get; init; }

    /// <summary>The version of ONNX Runtime.</summary>
    public required string OnnxRuntime { get; init; }

    /// <summary>Reads them here and now; loads libtorch.</summary>
    public static MachineInfo Read() => new()
    {
        Cpu = CpuName(),
        Cores = Environment.ProcessorCount,
        VectorBits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128,
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Os = RuntimeInformation.OSDescription,
        Dotnet = RuntimeInformation.FrameworkDescription,
        AttentionML = Version(typeof(MachineInfo)),
        MLNet = Version(typeof(MLContext)),
        Torch = TorchRuntime.Description,
        OnnxRuntime = OrtEnv.Instance().GetVersionString(),
    };

    /// <summary>One line, for tables and plots.</summary>
    public override string ToString() => $"{Cpu}, {Cores} cores, {Torch}, ONNX Runtime {OnnxRuntime}, {Dotnet}";

    private static string CpuName()
    {
        const string Source = "/proc/cpuinfo";
        var line = File.Exists(Source)
            ? File.ReadLines(Source).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    // Builds append "+commit" to the version.
    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
