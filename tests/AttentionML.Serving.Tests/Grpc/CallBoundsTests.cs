using System.Net;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Operations;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;

namespace AttentionML.Serving.Tests.Grpc;

/// <summary>What a call may send and hold: the bytes of its message, what they become, and its time.</summary>
public sealed class CallBoundsTests : IAsyncLifetime
{
    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestRepository().Add("m", TestModels.Double()),
        options => options with { MaxRequestBytes = 40_000, MaxResponseBytes = 40_000, MaxBytesInFlight = 80_000 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

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

        var (status, text) = await RawCall.SendAsync(server, RawCall.Frame(message));

        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Equal(count > MessageCheck.MostFields, text.Contains("fields", StringComparison.Ordinal));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
    }

    [Fact]
    public async Task Message_OfManySizes_IsRefusedBeforeItIsRead()
    {
        byte[] input = [0x1a, 33, .. Enumerable.Repeat((byte)1, 33)];
        byte[] message = [0x0a, 1, (byte)'m', 0x2a, (byte)input.Length, .. input];

        var (status, text) = await RawCall.SendAsync(_server, RawCall.Frame(message));

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

        var small = await RawCall.SendAsync(_server, RawCall.Frame(Good().ToByteArray(), compressed: true));
        var (status, text) = await RawCall.SendAsync(server, RawCall.Frame(new byte[1 << 20], compressed: true));

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

        var (status, text) = await RawCall.SendAsync(server, RawCall.Frame(new byte[100_000]), path);

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

        var (status, text) = await RawCall.SendAsync(server, RawCall.Frame(new byte[10 << 20], compressed: true), path);

        Assert.Equal((StatusCode.InvalidArgument, "The message has more than 65536 bytes."), (status, text));
        Assert.Equal(0, server.Service<MemoryBudget>().Held);
    }

    [Theory]
    [InlineData("grpc.health.v1.Health/Check")]
    [InlineData("inference.GRPCInferenceService/ModelInfer")]
    public async Task Message_ThatIsNone_IsTheClientsFault(string path)
    {
        var (broken, _) = await RawCall.SendAsync(_server, RawCall.Frame([0xFF, 0xFF]), path);
        var (packed, _) = await RawCall.SendAsync(_server, [1, 0, 0, 0, 4, 1, 2, 3, 4], path);

        Assert.Equal((StatusCode.InvalidArgument, StatusCode.InvalidArgument), (broken, packed));
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
        using var request = RawCall.Request(server, new TricklingContent());

        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", response.Headers.GetValues("grpc-status").Single());
        await Eventually.HoldsAsync(() => server.Service<MemoryBudget>().Held == 0);
    }

    [Fact]
    public async Task Call_AboveTheBytesOfARequest_IsTheClientsFault()
    {
        var (status, _) = await RawCall.SendAsync(_server, RawCall.Frame(new byte[100_000]));

        Assert.Contains(status, new[] { StatusCode.InvalidArgument, StatusCode.ResourceExhausted });
    }

    private static ModelInferRequest Good() => new()
    {
        ModelName = "m",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 1000 } } },
        RawInputContents = { ByteString.CopyFrom(new byte[4000]) },
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
