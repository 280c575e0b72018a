using System.Diagnostics;
using System.Text.RegularExpressions;

namespace AttentionML.Serving.Tests.Samples;

public partial class ServeModelsTests
{
    [Fact]
    public async Task Readme_ServerAndCurl_WorkAsTheyStandAndStopOnSigterm()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "curl is not installed.");
        var readme = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "README.md"), TestContext.Current.CancellationToken);
        Assert.Contains("\ndotnet run -c Release --project samples/ServeModels\n", readme);
        using var server = Start(Path.Combine(AppContext.BaseDirectory.Replace("tests/AttentionML.Serving.Tests", "samples/ServeModels"), "ServeModels"),
            "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");
        try
        {
            var address = "";
            while (address.Length == 0)
            {
                var line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.NotNull(line);
                address = line.StartsWith("HTTP ", StringComparison.Ordinal) ? line["HTTP ".Length..].Trim() : "";
            }

            var script = Curl().Match(readme).Groups[1].Value.Replace("localhost:8000", address);
            using var curl = Start("/bin/bash", "-c", script);
            var answer = await curl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

            Assert.Contains("\"platform\":\"onnxruntime_onnx\"", answer);
            Assert.Contains("\"data\":[1,2,3,4,", answer);
            using var http = new HttpClient();
            Assert.Contains("<h1>AttentionML playground</h1>", await http.GetStringAsync(address, TestContext.Current.CancellationToken));
            using var kill = Start("/bin/kill", "-TERM", $"{server.Id}");
            await server.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill();
            }
        }
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardOutput = true,
        WorkingDirectory = RepositoryRoot.Path,
    })!; // A process is started or an exception thrown.

    [GeneratedRegex("```\n(row=.*?)```", RegexOptions.Singleline)]
    private static partial Regex Curl();
}
