using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Tensors;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;

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
    [InlineData(0x2a, 10_000)] // Inputs,
    [InlineData(0x32, 10_000)] // outputs,
    [InlineData(0x7a, 10_000)] // a field that nobody knows;
    [InlineData(0x2a, 100_000)] // too many of any.
    public async Task Message_OfManyEmptyFields_IsRefusedBeforeItFillsTheMemory(byte tag, int count)
    {
        byte[] message = [0x0a, 1, (byte)'m', .. Enumerable.Repeat(new byte[] { tag, 0 }, count).SelectMany(pair => pair)];
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        var before = GC.GetTotalAllocatedBytes();

        var (status, text) = await CallAsync(server, message, compressed: false);

        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Equal(count > MessageCheck.MostFields, text.Contains("fields", StringComparison.Ordinal));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
    }

    [Fact]
    public async Task Message_OfManySizes_IsRefusedBeforeItIsRead()
    {
        byte[] input = [0x1a, 33, .. Enumerable.Repeat((byte)1, 33)];
        byte[] message = [0x0a, 1, (byte)'m', 0x2a, (byte)input.Length, .. input];

        var (status, text) = await CallAsync(_server, message, compressed: false);

        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Contains("shape has more than the 32", text);
    }

    [Fact]
    public async Task Message_ThatIsCompressed_CountsAsWhatItIs()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { MaxRequestBytes = 2 << 20, MaxResponseBytes = 1000, MaxBytesInFlight = (2 << 20) + 1000 });
        var budget = server.Service<MemoryBudget>();
        budget.Take(3 << 19); // As other requests would.

        var small = await CallAsync(_server, Request.ToByteArray(), compressed: true);
        var (status, text) = await CallAsync(server, new byte[1 << 20], compressed: true);

        Assert.Equal(StatusCode.OK, small.Status);
        Assert.Equal(StatusCode.Unavailable, status);
        Assert.Contains("Try again", text);
        await Eventually.HoldsAsync(() => budget.Held == 3 << 19);
    }

    [Theory]
    [InlineData("grpc.health.v1.Health/Check")]
    [InlineData("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task Message_OfAServiceThatNeedsLittle_IsSmall(string path)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        var (status, text) = await CallAsync(server, new byte[100_000], compressed: false, path);

        Assert.Equal((StatusCode.InvalidArgument, "The message has more than 65536 bytes."), (status, text));
        await Eventually.HoldsAsync(() => server.Service<MemoryBudget>().Held == 0);
    }

    [Theory]
    [InlineData("grpc.health.v1.Health/Check")]
    [InlineData("grpc.health.v1.Health/Watch")]
    [InlineData("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task Message_OfAServiceThatNeedsLittle_IsSmallCompressedToo(string path)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        var (status, text) = await CallAsync(server, new byte[10 << 20], compressed: true, path);

        Assert.Equal((StatusCode.InvalidArgument, "The message has more than 65536 bytes."), (status, text));
        Assert.Equal(0, server.Service<MemoryBudget>().Held);
    }

    [Theory]
    [InlineData("grpc.health.v1.Health/Check")]
    [InlineData("inference.GRPCInferenceService/ModelInfer")]
    public async Task Message_ThatIsNone_IsTheClientsFault(string path)
    {
        var (broken, _) = await CallAsync(_server, [0xFF, 0xFF], compressed: false, path);
        using var request = Call(_server, new ByteArrayContent([1, 0, 0, 0, 4, 1, 2, 3, 4]), path);
        request.Headers.Add("grpc-encoding", "gzip");
        using var response = await _server.Http.SendAsync(request);

        Assert.Equal(StatusCode.InvalidArgument, broken);
        Assert.Equal($"{(int)StatusCode.InvalidArgument}", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Watch_ThatLasts_HoldsNothing()
    {
        using var watch = new Health.HealthClient(_server.Channel).Watch(new() { Service = new string('x', 30_000) });
        await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        Assert.Equal(0, _server.Service<MemoryBudget>().Held);
    }

    [Fact]
    public async Task Numbers_ThatGrowAsTheyAreRead_CountAsTheyAre()
    {
        var contents = new InferTensorContents { Int64Contents = { Enumerable.Repeat(1L, 20_000) } }; // 20 KB that become 160.
        var request = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "INT64", Shape = { 1, 20_000 }, Contents = contents } },
        };

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Grpc.ModelInferAsync(request));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
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
            ? Call(server, new ByteArrayContent([0, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(body.Length)), .. body]), "inference.GRPCInferenceService/ModelInfer")
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
    public async Task Stream_OfManyMessages_HoldsNoneThatIsAnswered()
    {
        using var call = new ServerReflection.ServerReflectionClient(_server.Channel).ServerReflectionInfo();
        for (var i = 0; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(new() { FileContainingSymbol = new string('x', 30_000) });
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        }

        Assert.InRange(_server.Service<MemoryBudget>().Held, 0, 30_100);
    }

    [Fact]
    public async Task Call_WhoseMessageDoesNotCome_EndsWithItsTime()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()), options => options with { RequestTimeoutSeconds = 0.5 });
        using var request = Call(server, new TricklingContent(), "inference.GRPCInferenceService/ModelInfer");

        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", response.Headers.GetValues("grpc-status").Single());
        await Eventually.HoldsAsync(() => server.Service<MemoryBudget>().Held == 0);
    }

    [Fact]
    public async Task Call_AboveTheBytesOfARequest_IsTheClientsFault()
    {
        var (status, _) = await CallAsync(_server, new byte[100_000], compressed: false);

        Assert.Contains(status, new[] { StatusCode.InvalidArgument, StatusCode.ResourceExhausted });
    }

    [Fact]
    public async Task Claim_OfBytesThatDoNotCome_RentsNothing()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Http.BaseAddress!.Host, _server.Http.BaseAddress.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Bytes + Header.Length}\r\nInference-Header-Content-Length: {Header.Length}\r\n\r\n{Header}"));

        await Eventually.HoldsAsync(() => _server.Service<MemoryBudget>().Held == Header.Length && TensorBuffer.Rented > 0);

        Assert.InRange(TensorBuffer.RentedBytes, 1, 20_000); // 16 KiB of text, and an empty one.
    }

    private static HttpRequestMessage Call(TestServer server, HttpContent content, string path)
    {
        content.Headers.ContentType = new("application/grpc");
        return new(HttpMethod.Post, $"http://{server.Channel.Target}/{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
    }

    private static async Task<(StatusCode Status, string Message)> CallAsync(
        TestServer server, byte[] message, bool compressed, string path = "inference.GRPCInferenceService/ModelInfer")
    {
        if (compressed)
        {
            using var target = new MemoryStream();
            using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            {
                gzip.Write(message);
            }

            message = target.ToArray();
        }

        byte[] frame = [(byte)(compressed ? 1 : 0), .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(message.Length)), .. message];
        using var request = Call(server, new ByteArrayContent(frame), path);
        request.Headers.Add("grpc-encoding", compressed ? "gzip" : "identity");
        using var response = await server.Http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync(); // The trailers come behind it.
        var headers = response.Headers.Concat(response.TrailingHeaders).ToDictionary(header => header.Key, header => string.Join(',', header.Value));
        return ((StatusCode)int.Parse(headers["grpc-status"]), Uri.UnescapeDataString(headers.GetValueOrDefault("grpc-message", "")));
    }

    private static string Header { get; } =
        $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,{{{Elements}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Bytes}}}}}]}""";

    private static ModelInferRequest Request => new()
    {
        ModelName = "m",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Elements } } },
        RawInputContents = { ByteString.CopyFrom(new byte[Bytes]) },
    };

    // A little now and then, fast enough for the server's data rate.
    private sealed class TricklingContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 255, 255 });
            for (var i = 0; i < 300; i++)
            {
                await stream.WriteAsync(new byte[100]);
                await stream.FlushAsync();
                await Task.Delay(100);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
