using System.Net;
using System.Net.Sockets;
using AttentionML.Serving.Client;

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

    [Fact]
    public async Task Infer_ThatMaySucceedLater_IsTriedAgain()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { RequestsPerSecond = 1 });
        using var client = Make(server, grpc: false);

        for (var i = 0; i < 3; i++)
        {
            var outputs = await client.InferAsync("m", [ClientTensor.Of("x", [1, 1], 1f)], cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(2f, outputs["y"].As<float>()[0]);
        }
    }

    [Fact]
    public async Task Infer_WithoutAServer_SaysSo()
    {
        using var client = new HttpInferenceClient(new("http://127.0.0.1:1"), new() { Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) });

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.True(error.IsTransient);
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

    private static IInferenceClient Make(TestServer server, bool grpc) => grpc
        ? new GrpcInferenceClient(new($"http://{server.Channel.Target}"))
        : new HttpInferenceClient(server.Http.BaseAddress!, new() { Retries = 5 });
}
