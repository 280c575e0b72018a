using System.Diagnostics;
using System.Text.Json;
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
        using var server = Start(Server, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");
        try
        {
            var address = await AddressAsync(server);
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

    [Theory]
    [InlineData("Serving__MaxQueSize", "1", "'MaxQueSize'")]
    [InlineData("Serving__HttpPort", "http", "'Serving:HttpPort'")]
    [InlineData("Serving__DrainSeconds", "-1", "DrainSeconds is -1; expected 0 to 86400.")]
    public async Task Setting_ThatIsWrong_EndsTheProgramByName(string name, string value, string expected)
    {
        using var server = Start(Server, new Dictionary<string, string> { [name] = value });

        var errors = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, server.ExitCode);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_AsJson_HaveTheRequestsIds()
    {
        using var server = Start(
            Server,
            new Dictionary<string, string> { ["Logging__Console__FormatterName"] = "json", ["Logging__LogLevel__AttentionML.Serving.Http"] = "Debug" },
            "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");
        try
        {
            var address = await AddressAsync(server);
            using var http = new HttpClient { DefaultRequestHeaders = { { "X-Request-Id", "mine" } } };
            await http.GetAsync($"{address}/v2/absent", TestContext.Current.CancellationToken);

            JsonElement state;
            do
            {
                var line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.NotNull(line);
                state = line.StartsWith('{') ? JsonDocument.Parse(line).RootElement.GetProperty("State") : default;
            }
            while (state.ValueKind != JsonValueKind.Object || !state.TryGetProperty("RequestId", out _));

            Assert.Equal(("mine", "/v2/absent", 404), (state.GetProperty("RequestId").GetString(), state.GetProperty("Path").GetString(), state.GetProperty("Status").GetInt32()));
        }
        finally
        {
            server.Kill();
        }
    }

    private static string Server { get; } =
        Path.Combine(AppContext.BaseDirectory.Replace("tests/AttentionML.Serving.Tests", "samples/ServeModels"), "ServeModels");

    private static async Task<string> AddressAsync(Process server)
    {
        while (true)
        {
            var line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.NotNull(line);
            if (line.StartsWith("HTTP ", StringComparison.Ordinal))
            {
                return line["HTTP ".Length..].Trim();
            }
        }
    }

    private static Process Start(string program, params string[] arguments) => Start(program, [], arguments);

    private static Process Start(string program, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = environment.Count > 0,
            WorkingDirectory = RepositoryRoot.Path,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!; // A process is started or an exception thrown.
    }

    [GeneratedRegex("```\n(row=.*?)```", RegexOptions.Singleline)]
    private static partial Regex Curl();
}
