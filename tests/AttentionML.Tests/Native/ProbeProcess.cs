using System.Diagnostics;

namespace AttentionML.Tests.Native;

/// <summary>Runs TorchProbe, in a process of its own.</summary>
internal sealed record ProbeProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Runs it from <paramref name="folder"/> with a NuGet cache that is empty, as on a deployment machine.</summary>
    public static Task<ProbeProcess> RunAsync(string folder, params string[] arguments) => RunAsync(folder, [], arguments);

    /// <inheritdoc cref="RunAsync(string, string[])"/>
    /// <param name="folder">Where the probe is.</param>
    /// <param name="environment">Variables of its environment.</param>
    /// <param name="arguments">The question.</param>
    public static async Task<ProbeProcess> RunAsync(string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        using var process = Start(folder, environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, (await output).Trim(), (await error).Trim());
    }

    /// <summary>Starts it likewise; the caller reads what it says and waits.</summary>
    public static Process Start(string folder, params string[] arguments) => Start(folder, [], arguments);

    private static Process Start(string folder, (string Name, string Value)[] environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(folder, "TorchProbe.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "no-packages");
        return Process.Start(start)!; // an executable always starts a process
    }
}
