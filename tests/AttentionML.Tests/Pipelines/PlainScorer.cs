using System.Diagnostics;

namespace AttentionML.Tests.Pipelines;

/// <summary>A process of plain ML.NET, which names none of our types.</summary>
internal static class PlainScorer
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "PlainScorer.dll");

    /// <summary>Scores rows.</summary>
    /// <returns>The bits of a column, a row to a line, and the names of the assemblies and modules that were loaded, one to a line.</returns>
    public static (string Output, string Loaded) Run(string model, string data, string column) => RunAssembly(Path, model, data, column);

    /// <summary>Runs a program of .NET, which has to succeed.</summary>
    /// <returns>What it wrote, and what it wrote to the stream of errors.</returns>
    public static (string Output, string Errors) RunAssembly(string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!; // an executable always starts a process
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return (output, errors.Result);
    }
}
