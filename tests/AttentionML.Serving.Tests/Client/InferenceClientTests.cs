using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AttentionML.Serving.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Tests.Client;

public class InferenceClientTests
{
    public static TheoryData<bool> Ways => [true, false];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Infer_EitherWay_GivesTheOutputs(bool grpc)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Masked()));
        using var client = Make(server, grpc);

        var outputs = await client.InferAsync(
            "m",
            [ClientTensor.Of("x", [1, 2, 2], 1f, 2f, 3f, 4f), ClientTensor.Of("mask", [1, 2], 1f, 0f)],
            "1",
            TestContext.Current.CancellationToken);

        Assert.True(await client.IsReadyAsync(TestContext.Current.CancellationToken));
        Assert.Equal([1f, 2f], outputs["sum"].As<float>().ToArray());
        Assert.Equal([1, 2, 2], outputs["steps"].Shape);
        Assert.Throws<InvalidOperationException>(() => outputs["sum"].As<int>().Length);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Infer_ThatIsRefused_SaysWhyAndIsNotTriedAgain(bool grpc)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        using var client = Make(server, grpc);

        var error = await Assert.ThrowsAsync<InferenceFailedException>(
            () => client.InferAsync("m", [ClientTensor.Of("z", [1, 1], 1f)], cancellation: TestContext.Current.CancellationToken));

        Assert.False(error.IsTransient);
        Assert.Contains("Unexpected input 'z'", error.Message);
        Assert.Equal(1, await server.MetricAsync("nv_inference_request_failure{model=\"m\",version=\"1\",reason=\"OTHER\"}"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Infer_ThatMaySucceedLater_IsTriedAgain(bool grpc)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { RequestsPerSecond = 1 });
        using var client = Make(server, grpc);

        for (var i = 0; i < 3; i++)
        {
            var outputs = await client.InferAsync("m", [ClientTensor.Of("x", [1, 1], 1f)], cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(2f, outputs["y"].As<float>()[0]);
        }
    }

    [Theory]
    [InlineData("5", 1)]
    [InlineData("0", 3)]
    public async Task Infer_WhereTheServerAsksForAPause_KeepsItOrGivesUp(string retryAfter, int expected)
    {
        var asked = 0;
        await using var server = await AnswerAsync(context =>
        {
            asked++;
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        });
        using var client = new HttpInferenceClient(new(server.Urls.Single()), new() { Retries = 2, MaxRetryDelay = TimeSpan.FromSeconds(4) });

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.Equal((expected, TimeSpan.FromSeconds(int.Parse(retryAfter))), (asked, error.RetryAfter));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":-4}}]}""")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":2147483647}}]}""")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":0}},{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":0}}]}""")]
    public async Task Infer_WhereTheAnswerIsNotTheProtocols_SaysSo(string json)
    {
        await using var server = await AnswerAsync(context =>
        {
            context.Response.Headers["Inference-Header-Content-Length"] = $"{json.Length}";
            context.Response.ContentLength = json.Length;
            return context.Response.WriteAsync(json);
        });
        using var client = new HttpInferenceClient(new(server.Urls.Single()));

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(("The server's answer is not as the protocol has it.", false), (error.Message, error.IsTransient));
    }

    [Fact]
    public async Task Outputs_ThatAreDisposed_GiveTheirMemoryToTheNext()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        using var client = Make(server, grpc: false);
        var outputs = await client.InferAsync("m", [ClientTensor.Of("x", [1, 4000], new float[4000])], cancellation: TestContext.Current.CancellationToken);
        Assert.True(MemoryMarshal.TryGetArray(outputs["y"].Bytes, out var memory));

        outputs.Dispose();
        var next = ArrayPool<byte>.Shared.Rent(memory.Count); // A thread gets what it has just given back.

        Assert.Same(memory.Array, next);
        Assert.Empty(outputs.Tensors);
        ArrayPool<byte>.Shared.Return(next);
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("99999999999")]
    public async Task Infer_WhereTheAnswerAnnouncesTooMuch_DoesNotTakeTheMemory(string length)
    {
        await using var server = await AnswerAsync(context =>
        {
            context.Response.Headers["Inference-Header-Content-Length"] = length;
            return context.Response.WriteAsync("{}");
        });
        using var client = new HttpInferenceClient(new(server.Urls.Single()));

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(($"The server's answer announces {length} bytes of JSON; at most 16777216 are read.", false), (error.Message, error.IsTransient));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(503, false)]
    [InlineData(400, false)]
    [InlineData(404, null)]
    public async Task IsReady_WhereTheServerAnswers_IsItsAnswerOrWhyThereIsNone(int status, bool? expected)
    {
        await using var server = await AnswerAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using var client = new HttpInferenceClient(new(server.Urls.Single()));

        if (expected is null)
        {
            Assert.Equal(status, (await Assert.ThrowsAsync<InferenceFailedException>(() => client.IsReadyAsync(TestContext.Current.CancellationToken))).Status);
            return;
        }

        Assert.Equal(expected, await client.IsReadyAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true, "No answer within 0.5 s.", false)]
    [InlineData(false, "The server's answer ends in its midst.", true)]
    public async Task Infer_WhereTheAnswerStopsInItsMidst_EndsWithinTheTimeout(bool stalls, string message, bool transient)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new HttpInferenceClient(
            new($"http://{listener.LocalEndpoint}"), new() { Timeout = TimeSpan.FromSeconds(stalls ? 0.5 : 30), Retries = 0 });

        var answer = client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken);
        using (var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
            var stream = connection.GetStream();
            await stream.ReadAtLeastAsync(new byte[1024], 1, cancellationToken: TestContext.Current.CancellationToken);
            await stream.WriteAsync(
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nInference-Header-Content-Length: 50\r\n\r\n{\"outputs\""u8.ToArray(), TestContext.Current.CancellationToken);
            if (!stalls)
            {
                connection.Close();
            }

            var error = await Assert.ThrowsAsync<InferenceFailedException>(() => answer);
            Assert.Equal((message, transient), (error.Message, error.IsTransient));
        }
    }

    [Fact]
    public void Tensor_WithTheWrongCount_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ClientTensor.Of("x", [2, 2], 1f, 2f, 3f));

    // A server that answers anything.
    private static async Task<WebApplication> AnswerAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static IInferenceClient Make(TestServer server, bool grpc) => grpc
        ? new GrpcInferenceClient(new($"http://{server.Channel.Target}"), new() { Retries = 5, RetryDelay = TimeSpan.FromMilliseconds(300) })
        : new HttpInferenceClient(server.Http.BaseAddress!, new() { Retries = 5 });
}
