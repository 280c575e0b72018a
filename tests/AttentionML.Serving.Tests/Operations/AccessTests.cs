using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace AttentionML.Serving.Tests.Operations;

public class AccessTests
{
    private const string Request = """{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""";

    [Fact]
    public async Task Keys_WhereSet_AreAskedFor()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret")));
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { ApiKeyHashes = [hash] });

        var without = await server.InferAsync("m", Request);
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", "wrong");
        var wrong = await server.InferAsync("m", Request);
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", "secret");
        var right = await server.InferAsync("m", Request);
        server.Http.DefaultRequestHeaders.Authorization = null;
        var grpc = await Assert.ThrowsAsync<RpcException>(async () => await server.Grpc.ServerLiveAsync(new()));

        Assert.Equal(HttpStatusCode.Unauthorized, without.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        Assert.Equal(HttpStatusCode.OK, right.Status);
        Assert.Equal(StatusCode.Unauthenticated, grpc.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("v2/health/ready")).Status);
        await server.Grpc.ServerLiveAsync(new(), new Metadata { { "authorization", "Bearer secret" } });
    }

    [Theory]
    [InlineData("attacker.example", HttpStatusCode.BadRequest)]
    [InlineData("127.0.0.1.attacker.example:8000", HttpStatusCode.BadRequest)]
    [InlineData("LocalHost:8000", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:8000", HttpStatusCode.OK)]
    public async Task Name_ThatIsNotThisMachines_IsRefusedWithoutKeys(string host, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        server.Http.DefaultRequestHeaders.Host = host;

        var (status, body) = await server.InferAsync("m", Request);

        Assert.Equal(expected, status);
        Assert.Equal(expected == HttpStatusCode.BadRequest, $"{body}".Contains("localhost or 127.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("attacker.example", false, HttpStatusCode.BadRequest)]
    [InlineData("localhost:8002", false, HttpStatusCode.OK)]
    [InlineData("metrics.example", true, HttpStatusCode.OK)]
    public async Task Name_ThatIsNotThisMachines_GetsNoMetricsWithoutKeys(string host, bool keys, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { ApiKeyHashes = keys ? [new('0', 64)] : [] });
        server.Metrics.DefaultRequestHeaders.Host = host;

        Assert.Equal(expected, (await server.Metrics.GetAsync("metrics")).StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.BadRequest)]
    [InlineData("http://localhost:8000", HttpStatusCode.OK)]
    public async Task Page_ThatIsNotThisServers_IsRefusedWithoutKeys(string origin, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        server.Http.DefaultRequestHeaders.Host = "localhost:8000";
        server.Http.DefaultRequestHeaders.Add("Origin", origin);

        var (status, body) = await server.InferAsync("m", Request);

        Assert.Equal(expected, status);
        Assert.Equal(expected == HttpStatusCode.BadRequest, $"{body}".Contains("was called by a page of", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Name_ThatIsNotThisMachines_IsServedWithAKey()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret")));
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { ApiKeyHashes = [hash] });
        server.Http.DefaultRequestHeaders.Host = "models.example";
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", "secret");

        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("m", Request)).Status);
    }

    [Fact]
    public async Task Rate_AboveTheLimit_GetsA429()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { RequestsPerSecond = 2 });

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.InferAsync("m", Request)));

        Assert.Contains(HttpStatusCode.TooManyRequests, answers.Select(answer => answer.Status));
        Assert.Contains(HttpStatusCode.OK, answers.Select(answer => answer.Status));
    }

    [Fact]
    public async Task Certificate_WhereSet_MakesHttpAndGrpcSpeakTls()
    {
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var repository = new TestRepository().Add("m", TestModels.Double());
        var (file, keyFile) = (Path.Combine(repository.Path, "cert.pem"), Path.Combine(repository.Path, "key.pem"));
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using var server = await TestServer.StartAsync(repository, options => options with { Certificate = file, CertificateKey = keyFile });
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, found, _, _) => found!.Thumbprint == certificate.Thumbprint };
        using var client = new HttpClient(handler) { BaseAddress = server.Http.BaseAddress };

        Assert.Equal("https", client.BaseAddress!.Scheme);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("v2/health/ready", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Theory]
    [InlineData("Models", "/nowhere")]
    [InlineData("Address", "localhost")]
    [InlineData("HttpPort", "70000")]
    [InlineData("GrpcPort", "8000")]
    [InlineData("MaxQueueSize", "0")]
    [InlineData("RequestTimeoutSeconds", "0")]
    [InlineData("RequestTimeoutSeconds", "1E+30")]
    [InlineData("DrainSeconds", "NaN")]
    [InlineData("PollSeconds", "1E+9")]
    [InlineData("PollSeconds", "0.0001")]
    [InlineData("PollSeconds", "NaN")]
    [InlineData("ShutdownSeconds", "-1")]
    [InlineData("MaxRequestBytes", "9223372036854775807")]
    [InlineData("MaxResponseBytes", "0")]
    [InlineData("MaxBytesInFlight", "1000")]
    [InlineData("MaxElements", "9223372036854775807")]
    [InlineData("TraceEndpoint", "localhost:4317")]
    [InlineData("Certificate", "/nowhere/cert.pfx")]
    [InlineData("Certificate", "AttentionML.Serving.dll")]
    [InlineData("CertificateKey", "key.pem")]
    public void Options_ThatAreWrong_AreRefusedByName(string name, string value)
    {
        var options = new ServingOptions { Models = "." };
        var property = typeof(ServingOptions).GetProperty(name)!;
        property.SetValue(options, Convert.ChangeType(value, property.PropertyType));

        var error = Assert.Throws<ArgumentException>(() => ServingHost.Build(options));

        Assert.Contains(name, error.Message);
        Assert.DoesNotContain("(Parameter", error.Message);
    }

    [Fact]
    public void Options_AsTheyAre_ListenOnThisMachineAlone() => Assert.Equal("127.0.0.1", new ServingOptions().Address);
}
