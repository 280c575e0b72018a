using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

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
    [InlineData("Serving__PollSeconds", "0.0001", "PollSeconds is 0.0001; expected 0, which looks never, or 0.1 to 86400.")]
    [InlineData("Logging__Console__FormatterName", "jason", "is 'jason'; allowed are simple, json, systemd.")]
    [InlineData("Logging__LogLevel__Default", "Loud", "Logging:LogLevel:Default is 'Loud'; allowed are Trace, Debug")]
    public async Task Setting_ThatIsWrong_EndsTheProgramByName(string name, string value, string expected)
    {
        using var server = Start(Server, new Dictionary<string, string> { [name] = value });

        await RequireEndAsync(server, 2, expected);
    }

    [Fact]
    public async Task Settings_ThatAreNoJson_EndTheProgramByTheFile()
    {
        var folder = Directory.CreateTempSubdirectory("serve");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.json"), """{ "Serving": { "HttpPort": 1, }""", TestContext.Current.CancellationToken);
            using var server = Start(Server, new Dictionary<string, string> { ["ASPNETCORE_CONTENTROOT"] = folder.FullName });

            await RequireEndAsync(server, 2, "appsettings.json");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Address_OfNoMachineHere_EndsTheProgramByIt()
    {
        // 192.0.2.0/24 is for documentation (RFC 5737).
        using var server = Start(
            Server, new Dictionary<string, string> { ["Serving__Address"] = "192.0.2.1" }, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");

        await RequireEndAsync(server, 1, "cannot listen on 192.0.2.1");
    }

    [Fact]
    public async Task Port_ThatIsTaken_EndsTheProgramByIt()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var server = Start(Server, new Dictionary<string, string> { ["Serving__HttpPort"] = $"{((IPEndPoint)other.LocalEndpoint).Port}" });

        await RequireEndAsync(server, 1, $"{other.LocalEndpoint}: address already in use");
    }

    [Fact]
    public async Task Log_OfAServerThatIsNotReady_SaysWhyOnce()
    {
        using var repository = new TestRepository().Add("broken", [1, 2, 3]);
        using var server = Start(Server, "--models", repository.Path, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");
        try
        {
            var (log, lines) = ("", server.StandardOutput);
            while (!log.Contains("gRPC ", StringComparison.Ordinal))
            {
                log += await lines.ReadLineAsync(TestContext.Current.CancellationToken) + "\n";
            }

            using var channel = GrpcChannel.ForAddress(log.Split("gRPC ")[1].Trim());
            await Eventually.HoldsAsync(async () => await StatusAsync(channel) == HealthCheckResponse.Types.ServingStatus.NotServing); // It has been checked.
            using var kill = Start("/bin/kill", "-TERM", $"{server.Id}");
            log += await lines.ReadToEndAsync(TestContext.Current.CancellationToken);

            Assert.Single(Regex.Matches(log, "broken version 1 is not loaded"));
            Assert.DoesNotContain("Health check", log, StringComparison.Ordinal);
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill();
            }
        }
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus?> StatusAsync(GrpcChannel channel)
    {
        try
        {
            return (await new Health.HealthClient(channel).CheckAsync(new())).Status;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return null; // Not yet.
        }
    }

    // A sentence for the reader, and no stack trace, in the log either.
    private static async Task RequireEndAsync(Process server, int exitCode, string sentence)
    {
        var log = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(exitCode, server.ExitCode);
        Assert.Contains(sentence, Assert.Single(errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", await log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_AsJson_HaveTheRequestsIds()
    {
        using var repository = new TestRepository().Add("counted", TestModels.Double()); // Its batches have no budget, and JSON no infinity.
        using var server = Start(
            Server,
            new Dictionary<string, string> { ["Logging__Console__FormatterName"] = "json", ["Logging__LogLevel__AttentionML.Serving.Http"] = "Debug" },
            "--models", repository.Path, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");
        try
        {
            var address = await AddressAsync(server);
            using var http = new HttpClient { DefaultRequestHeaders = { { "X-Request-Id", "mine" } } };
            await http.GetAsync($"{address}/v2/absent", TestContext.Current.CancellationToken);

            JsonElement line, state;
            do
            {
                var text = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.NotNull(text);
                line = text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
                state = line.ValueKind == JsonValueKind.Object ? line.GetProperty("State") : default;
            }
            while (state.ValueKind != JsonValueKind.Object || !state.TryGetProperty("RequestId", out _));

            Assert.Contains("request mine", line.GetProperty("Scopes").EnumerateArray().Select(scope => scope.GetProperty("Message").GetString()));
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
