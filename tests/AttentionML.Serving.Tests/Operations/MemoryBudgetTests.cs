using System.Net;
using System.Net.Sockets;
using System.Text;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Tensors;
using AttentionML.Serving.Tests.Grpc;
using Google.Protobuf;
using Grpc.Core;

namespace AttentionML.Serving.Tests.Operations;

/// <summary>Room for one large request and its answer: while one holds it, the next is told to come again.</summary>
public sealed class MemoryBudgetTests : IAsyncLifetime
{
    private const int Elements = 8_000;
    private const int Bytes = Elements * sizeof(float);

    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestRepository().Add("m", TestModels.Double()).Add("hidden", TestModels.Identity(TestModels.Float, result: "other")),
        options => options with { MaxRequestBytes = 40_000, MaxResponseBytes = 40_000, MaxBytesInFlight = 80_000, MaxSequenceLength = 20_000 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Request_WhenOthersHoldTheRoom_IsToldToComeAgain()
    {
        using var slow = new TcpClient();
        await slow.ConnectAsync(_server.Http.BaseAddress!.Host, _server.Http.BaseAddress.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Bytes + Header.Length}\r\nInference-Header-Content-Length: {Header.Length}\r\n\r\n{Header}"));
        await slow.GetStream().WriteAsync(new byte[Bytes - 1]);
        var budget = _server.Service<MemoryBudget>();
        await Eventually.HoldsAsync(() => budget.Held >= Bytes);

        var http = await _server.SendBinaryAsync("m", Header, new byte[Bytes]);
        var grpc = await Assert.ThrowsAsync<RpcException>(async () => await _server.Grpc.ModelInferAsync(Request));
        var small = await _server.InferAsync("m", """{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, http.StatusCode);
        Assert.Equal("1", http.Headers.GetValues("Retry-After").Single());
        Assert.Contains("80000 bytes", await http.Content.ReadAsStringAsync());
        Assert.Equal(StatusCode.Unavailable, grpc.StatusCode);
        Assert.Contains("80000 bytes", grpc.Status.Detail);
        Assert.Equal(HttpStatusCode.OK, small.Status);
        Assert.InRange(await _server.MetricAsync("attentionml_in_flight_bytes"), Bytes, 80_000);
        slow.Close();
        await Eventually.HoldsAsync(() => budget.Held == 0);
        Assert.Equal(HttpStatusCode.OK, (await _server.SendBinaryAsync("m", Header, new byte[Bytes])).StatusCode);
        await _server.Grpc.ModelInferAsync(Request);
        await Eventually.HoldsAsync(() => budget.Held == 0);
    }

    [Theory]
    [InlineData("m")] // Told before the model runs,
    [InlineData("hidden")] // and where its shapes do not tell, after.
    public async Task Answer_AboveTheLimit_IsRefused(string model)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()).Add("hidden", TestModels.Identity(TestModels.Float, result: "other")),
            options => options with { MaxResponseBytes = 39 });
        const string Json = """{"inputs":[{"name":"x","shape":[1,COUNT],"datatype":"FP32","data":[VALUES]}]}""";

        var fits = await server.InferAsync(model, Json.Replace("COUNT", "9").Replace("VALUES", "1,2,3,4,5,6,7,8,9"));
        var (status, body) = await server.InferAsync(model, Json.Replace("COUNT", "10").Replace("VALUES", "1,2,3,4,5,6,7,8,9,10"));

        Assert.Equal(HttpStatusCode.OK, fits.Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("The answer has 40 bytes, and 39 are allowed: send fewer rows or steps, or ask for fewer outputs.", body.GetProperty("error").GetString());
        Assert.Equal(model == "m" ? 1 : 2, await server.MetricAsync($"nv_inference_queue_duration_histogram_us_count{{model=\"{model}\",version=\"1\"}}"));
    }

    [Theory]
    [InlineData(TestModels.Float, "FP32", "1", 1000)]
    [InlineData(8, "BYTES", "\"abcd\"", 500)]
    public async Task Answer_WhoseSizeOnlyTheModelKnows_IsRefusedOrTaken(int type, string datatype, string element, int most)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Repeat(type), "max_batch_size: 0"), options => options with { MaxResponseBytes = 4000, MaxRequestBytes = 4000, MaxBytesInFlight = 8000 });
        string Json(int rows) => $$$"""{"inputs":[{"name":"x","shape":[1,1],"datatype":"{{{datatype}}}","data":[{{{element}}}]},{"name":"n","shape":[1],"datatype":"INT64","data":[{{{rows}}}]}]}""";

        var fits = await server.InferAsync("m", Json(most));
        var (status, body) = await server.InferAsync("m", Json(most + 1));

        Assert.Equal(HttpStatusCode.OK, fits.Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("and 4000 are allowed", body.GetProperty("error").GetString());
        await Eventually.HoldsAsync(() => server.Service<MemoryBudget>().Held == 0 && TensorBuffer.Rented == 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_ThatIsNotTaken_IsHeldAndEndsWithItsTime(bool grpc)
    {
        const int Length = 1 << 18;
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { RequestTimeoutSeconds = 2, MaxSequenceLength = Length });
        var budget = server.Service<MemoryBudget>();
        using var client = new HttpClient(new SocketsHttpHandler { InitialHttp2StreamWindowSize = 65_535 });
        var body = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Length } } },
            RawInputContents = { ByteString.CopyFrom(new byte[Length * sizeof(float)]) },
        }.ToByteArray();
        var json = $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,{{{Length}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Length * sizeof(float)}}}}}]}""";
        using var request = grpc
            ? RawCall.Request(server, new ByteArrayContent(RawCall.Frame(body)))
            : new(HttpMethod.Post, $"{server.Http.BaseAddress}v2/models/m/infer")
            {
                Content = new ByteArrayContent([.. Encoding.ASCII.GetBytes(json), .. new byte[Length * sizeof(float)]]) { Headers = { { "Inference-Header-Content-Length", $"{json.Length}" } } },
            };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        // A socket of this machine takes some megabytes by itself; a stream of HTTP/2 no more than its window.
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(!grpc || budget.Held > Length * sizeof(float), $"{budget.Held}");
        await Eventually.HoldsAsync(() => budget.Held == 0 && TensorBuffer.Rented == 0);
        if (grpc)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Claim_OfBytesThatDoNotCome_RentsNothing()
    {
        const int Claimed = 1 << 29;
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()),
            options => options with { MaxRequestBytes = 1 << 30, MaxElements = 1 << 27, MaxBytesInFlight = 2L << 30 });
        var json = $$$"""{"inputs":[{"name":"x","shape":[1,{{{Claimed / sizeof(float)}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Claimed}}}}}]}""";
        using var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        var before = GC.GetTotalAllocatedBytes();

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Claimed + json.Length}\r\nInference-Header-Content-Length: {json.Length}\r\n\r\n{json}abcd"));
        await Eventually.HoldsAsync(() => server.Service<MemoryBudget>().Held == json.Length + 4);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
    }

    private static string Header { get; } =
        $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,{{{Elements}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Bytes}}}}}]}""";

    private static ModelInferRequest Request => new()
    {
        ModelName = "m",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Elements } } },
        RawInputContents = { ByteString.CopyFrom(new byte[Bytes]) },
    };
}
