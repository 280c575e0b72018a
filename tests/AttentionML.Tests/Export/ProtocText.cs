using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>Text of protocol buffers, read by protoc (of the package Grpc.Tools) against <c>model_config.proto</c>.</summary>
internal static class ProtocText
{
    /// <summary>The configuration as protoc writes it after reading it: a field to a line, defaults left out. Throws where it cannot be read.</summary>
    public static string[] Read(byte[] configuration) =>
        System.Text.Encoding.UTF8.GetString(Run("--decode", Run("--encode", configuration)))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static byte[] Run(string direction, byte[] input)
    {
        var folder = Path.Combine(RepositoryRoot.Path, "tests", "AttentionML.Tests", "Export");
        var start = new ProcessStartInfo(Protoc(), [$"{direction}=inference.ModelConfig", $"-I{folder}", Path.Combine(folder, "model_config.proto")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using (var stream = process.StandardInput.BaseStream)
        {
            stream.Write(input);
        }

        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidDataException(errors);
    }

    private static string Protoc()
    {
        var tools = typeof(ProtocText).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "GrpcTools").Value!;
        var system = OperatingSystem.IsWindows() ? "windows_x64" : OperatingSystem.IsMacOS() ? "macosx_universal"
            : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_x64";
        return Path.Combine(tools, "tools", system, OperatingSystem.IsWindows() ? "protoc.exe" : "protoc");
    }
}
