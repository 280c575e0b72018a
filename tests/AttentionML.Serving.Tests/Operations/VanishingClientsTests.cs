using System.Net.Sockets;
using System.Text;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Tensors;
using Google.Protobuf;
using Grpc.Core;

namespace AttentionML.Serving.Tests.Operations;

public class VanishingClientsTests
{
    [Theory]
    [InlineData(60)]
    public Task Clients_ThatVanish_LeaveNothingBehind(int clients) => VanishAsync(clients);

    [Fact(Explicit = true)]
    public Task AThousandClients_ThatVanish_LeaveNothingBehind() => VanishAsync(1000);

    private static async Task VanishAsync(int clients)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("slow", TestModels.Slow(), "max_batch_size: 0"), options => options with { MaxQueueSize = 100_000 });
        const int Size = 64;
        var json = $$$"""{"inputs":[{"name":"x","shape":[{{{Size}}},{{{Size}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Size * Size * 4}}}}}]}""";
        byte[] request =
        [
            .. Encoding.ASCII.GetBytes($"POST /v2/models/slow/infer HTTP/1.1\r\nHost: localhost\r\nInference-Header-Content-Length: {json.Length}\r\nContent-Length: {json.Length + (Size * Size * 4)}\r\n\r\n{json}"),
            .. new byte[Size * Size * 4],
        ];

        await Parallel.ForEachAsync(Enumerable.Range(0, clients), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, cancellation) =>
        {
            if (i % 4 == 3)
            {
                await VanishFromGrpcAsync(server, cancellation);
                return;
            }

            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port, cancellation);
            var sent = i % 3 == 0 ? request.Length : request.Length * (i % 3) / 3; // Whole, a third, two thirds.
            await socket.GetStream().WriteAsync(request.AsMemory(0, sent), cancellation);
            await Task.Delay(sent == request.Length ? 200 : 0, cancellation); // Some get as far as the queue, or the run.
            socket.LingerState = new(true, 0); // A reset, as of a process that was killed.
        });

        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0 && server.Service<MemoryBudget>().Held == 0 && server.Service<Scheduler>() is { Pending: 0, Running: 0 });
        var gone = await server.MetricAsync("nv_inference_request_failure{model=\"slow\",version=\"1\",reason=\"CANCELED\"}");
        Assert.InRange(gone + await server.MetricAsync("nv_inference_request_success{model=\"slow\",version=\"1\"}"), clients / 6, clients);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await server.GetAsync("v2/health/ready")).Status);
    }

    private static async Task VanishFromGrpcAsync(TestServer server, CancellationToken cancellation)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        gone.CancelAfter(TimeSpan.FromMilliseconds(20));
        var request = new ModelInferRequest
        {
            ModelName = "slow",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 256, 256 } } },
            RawInputContents = { ByteString.CopyFrom(new byte[256 * 256 * 4]) },
        };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Grpc.ModelInferAsync(request, cancellationToken: gone.Token));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }
}
