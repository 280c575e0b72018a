using System.Diagnostics;

namespace AttentionML.Tests.Samples;

/// <summary>A sample, run as its users run it.</summary>
internal static class SampleProcess
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> Run(string sample, params string[] arguments)
    {
        using var process = Start(sample, arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts it; the caller reads what it says and waits.</summary>
    public static Process Start(string sample, params string[] arguments)
    {
        // The tests reference the samples, so that they are built with them; each runs from its own output folder, where its settings are.
        var folder = AppContext.BaseDirectory.Replace(
            Path.Combine("tests", "AttentionML.Tests"), Path.Combine("samples", sample), StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, $"{sample}.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;     // an executable always starts a process
    }

    /// <summary>Waits until it says a text, and sends SIGINT.</summary>
    public static async Task InterruptAt(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
            && !line.Contains(text, StringComparison.Ordinal))
        {
        }

        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
    }
}
