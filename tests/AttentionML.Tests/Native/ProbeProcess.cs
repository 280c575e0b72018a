using System.Diagnostics;

namespace AttentionML.Tests.Native;

/// <summary>Runs TorchProbe, in a process of its own.</summary>
internal sealed record ProbeProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Runs it from <paramref name="folder"/> with a NuGet cache that is empty, as on a deployment machine.</summary>
    public static async Task<ProbeProcess> RunAsync(string folder, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, (await output).Trim(), (await error).Trim());
    }

    /// <summary>Starts it likewise; the caller reads what it says and waits.</summary>
    public static Process Start(string folder, params string[] arguments)
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

        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "no-packages");
        return Process.Start(start)!; // an executable always starts a process
    }
}
