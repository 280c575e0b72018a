using System.Net;
using System.Net.Sockets;
using AttentionML.Serving.Client;
using AttentionML.Serving.Grpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Tests.Client;

/// <summary>Servers that are not there, say nothing, or say what the protocol has not: the same exception either way.</summary>
public class ClientFailureTests
{
    public static TheoryData<bool> Ways => [true, false];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Server_ThatIsSilent_IsGivenUpAtTheTimeout(bool grpc)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(); // Connections open, and nobody reads them.
        using var client = Make(grpc, $"http://{listener.LocalEndpoint}", new() { Timeout = TimeSpan.FromSeconds(0.5) });

        var infer = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));
        var ready = await Assert.ThrowsAsync<InferenceFailedException>(() => client.IsReadyAsync(TestContext.Current.CancellationToken));

        Assert.Equal(("No answer within 0.5 s.", false), (infer.Message, infer.IsTransient));
        Assert.Equal(("No answer within 0.5 s.", false), (ready.Message, ready.IsTransient));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Server_ThatIsNotThere_IsNotReached(bool grpc)
    {
        using var client = Make(grpc, "http://127.0.0.1:1", new() { Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) });

        var infer = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));
        var ready = await Assert.ThrowsAsync<InferenceFailedException>(() => client.IsReadyAsync(TestContext.Current.CancellationToken));

        Assert.True(infer.IsTransient);
        Assert.True(ready.IsTransient);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Wait_ThatIsCancelled_EndsAsSuch(bool grpc)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = Make(grpc, $"http://{listener.LocalEndpoint}", new());
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (infer, ready) = (client.InferAsync("m", [], cancellation: cancellation.Token), client.IsReadyAsync(cancellation.Token));

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => infer);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Server_ThatIsNotReady_SaysNo(bool grpc)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("broken", [1, 2, 3]));
        using var client = Make(grpc, grpc ? $"http://{server.Channel.Target}" : $"{server.Http.BaseAddress}", new());

        Assert.False(await client.IsReadyAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(new[] { "y", "y" }, 2)]
    [InlineData(new[] { "y", "z" }, 1)]
    public async Task GrpcAnswer_ThatIsNotTheProtocols_SaysSo(string[] outputs, int contents)
    {
        await using var server = await AnswerAsync(() => new ModelInferResponse
        {
            Outputs = { outputs.Select(name => new ModelInferResponse.Types.InferOutputTensor { Name = name, Datatype = "FP32", Shape = { 1 } }) },
            RawOutputContents = { Enumerable.Repeat(ByteString.CopyFrom(new byte[4]), contents) },
        });
        using var client = new GrpcInferenceClient(new(server.Urls.Single()));

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.Contains("raw contents for each of its outputs once", error.Message);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.ResourceExhausted, 3)]
    [InlineData(StatusCode.DeadlineExceeded, 1)]
    public async Task GrpcFailure_IsTriedAgainWhereItMaySucceedLater(StatusCode status, int expected)
    {
        var asked = 0;
        await using var server = await AnswerAsync(() =>
        {
            asked++;
            throw new RpcException(new(status, "The server's own words."));
        });
        using var client = new GrpcInferenceClient(new(server.Urls.Single()), new() { Retries = 2, RetryDelay = TimeSpan.FromMilliseconds(1) });

        var error = await Assert.ThrowsAsync<InferenceFailedException>(() => client.InferAsync("m", [], cancellation: TestContext.Current.CancellationToken));

        Assert.Equal((expected, (int)status, "The server's own words."), (asked, error.Status, error.Message));
    }

    [Fact]
    public void Options_OutOfTheirRange_AreRefusedByName()
    {
        Assert.Contains("Retries is -1", Assert.Throws<ArgumentException>(() => new InferenceClientOptions { Retries = -1 }).Message);
        Assert.Contains("Timeout is 00:00:00", Assert.Throws<ArgumentException>(() => new InferenceClientOptions { Timeout = TimeSpan.Zero }).Message);
        Assert.Contains("RetryDelay is", Assert.Throws<ArgumentException>(() => new InferenceClientOptions { RetryDelay = TimeSpan.FromTicks(-1) }).Message);
        Assert.Contains("MaxRetryDelay is", Assert.Throws<ArgumentException>(() => new InferenceClientOptions { MaxRetryDelay = TimeSpan.MaxValue }).Message);
        Assert.Equal(0, new InferenceClientOptions { Retries = 0, Timeout = TimeSpan.FromDays(1) }.Retries);
    }

    private static IInferenceClient Make(bool grpc, string server, InferenceClientOptions options) =>
        grpc ? new GrpcInferenceClient(new(server), options) : new HttpInferenceClient(new(server), options);

    // A server of gRPC that answers anything.
    private static async Task<WebApplication> AnswerAsync(Func<ModelInferResponse> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(answer);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<AnyAnswer>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private sealed class AnyAnswer(Func<ModelInferResponse> answer) : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => Task.FromResult(answer());
    }
}
