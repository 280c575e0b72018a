using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AttentionML.Testing;

/// <summary>protoc of the package Grpc.Tools, which reads and writes messages for tests.</summary>
internal static class Protoc
{
    private static readonly string Program = Path.Combine(
        typeof(Protoc).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "GrpcTools").Value!, // the project file has it
        "tools",
        OperatingSystem.IsWindows() ? "windows_x64" : OperatingSystem.IsMacOS() ? "macosx_universal"
            : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_x64",
        OperatingSystem.IsWindows() ? "protoc.exe" : "protoc");

    /// <summary>A message from text to bytes (<c>--encode</c>), or from bytes to text (<c>--decode</c>).</summary>
    /// <param name="direction">Which of the two.</param>
    /// <param name="message">The message's name.</param>
    /// <param name="proto">The file that has it.</param>
    /// <param name="input">What to read.</param>
    /// <exception cref="InvalidDataException">protoc cannot read it; the message is what it says.</exception>
    public static byte[] Run(string direction, string message, string proto, byte[] input)
    {
        var start = new ProcessStartInfo(Program, [$"{direction}={message}", $"-I{Path.GetDirectoryName(proto)}", proto])
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
}
