using System.Net;
using AttentionML.Serving.Grpc;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace AttentionML.Serving.Tests.Grpc;

public sealed class GrpcProtocolTests : IAsyncLifetime
{
    private static readonly Dictionary<string, (Action<ModelInferRequest> Break, StatusCode Expected)> Breaks = new()
    {
        ["no model"] = (request => request.ModelName = "", StatusCode.NotFound),
        ["unknown model"] = (request => request.ModelName = "none", StatusCode.NotFound),
        ["version that is no number"] = (request => request.ModelVersion = "x", StatusCode.InvalidArgument),
        ["unknown version"] = (request => request.ModelVersion = "3", StatusCode.NotFound),
        ["no inputs"] = (request => request.Inputs.Clear(), StatusCode.InvalidArgument),
        ["wrong field"] = (request => request.Inputs[0].Contents = new() { IntContents = { 1, 2 } }, StatusCode.InvalidArgument),
        ["two fields"] = (request => request.Inputs[0].Contents.IntContents.Add(1), StatusCode.InvalidArgument),
        ["too few"] = (request => request.Inputs[0].Contents.Fp32Contents.RemoveAt(0), StatusCode.InvalidArgument),
        ["raw beside contents"] = (request => request.RawInputContents.Add(ByteString.CopyFrom(new byte[8])), StatusCode.InvalidArgument),
        ["raw for more"] = (request => request.RawInputContents.Add([ByteString.Empty, ByteString.Empty]), StatusCode.InvalidArgument),
        ["negative size"] = (request => request.Inputs[0].Shape[1] = -2, StatusCode.InvalidArgument),
        ["huge shape"] = (request => request.Inputs[0].Shape[1] = long.MaxValue, StatusCode.InvalidArgument),
        ["unknown datatype"] = (request => request.Inputs[0].Datatype = "FLOAT", StatusCode.InvalidArgument),
        ["unknown output"] = (request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "z" }), StatusCode.InvalidArgument),
        ["timeout that is no number"] = (request => request.Parameters.Add("timeout", new() { StringParam = "1" }), StatusCode.InvalidArgument),
    };

    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(new TestRepository()
        .Add("m", TestModels.Double())
        .Add("slow", TestModels.Slow(), "max_batch_size: 0")
        .Add("int8", TestModels.Identity(3)));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Server_Asked_SaysWhatItIs()
    {
        Assert.True((await _server.Grpc.ServerLiveAsync(new())).Live);
        Assert.True((await _server.Grpc.ServerReadyAsync(new())).Ready);
        Assert.True((await _server.Grpc.ModelReadyAsync(new() { Name = "m" })).Ready);
        Assert.False((await _server.Grpc.ModelReadyAsync(new() { Name = "absent" })).Ready);
        Assert.False((await _server.Grpc.ModelReadyAsync(new() { Name = "m", Version = "9" })).Ready);
        Assert.Contains("binary_tensor_data", (await _server.Grpc.ServerMetadataAsync(new())).Extensions);
        var metadata = await _server.Grpc.ModelMetadataAsync(new() { Name = "m", Version = "1" });
        Assert.Equal([-1, -1], metadata.Inputs[0].Shape);
        Assert.Equal("FP32", metadata.Outputs[0].Datatype);
    }

    [Fact]
    public async Task Infer_TypedContents_GivesRawOutputs()
    {
        var response = await _server.Grpc.ModelInferAsync(Request(input => input.Contents = new() { Fp32Contents = { 1, 2 } }));

        Assert.Equal("7", response.Id);
        Assert.Equal([1, 2], response.Outputs[0].Shape);
        Assert.Equal([.. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(4f)], response.RawOutputContents[0].ToByteArray());
    }

    public static TheoryData<string> Malformed => [.. Breaks.Keys];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Infer_Malformed_GetsItsStatus(string what)
    {
        var request = Request(input => input.Contents = new() { Fp32Contents = { 1, 2 } });
        Breaks[what].Break(request);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Grpc.ModelInferAsync(request));

        Assert.Equal(Breaks[what].Expected, error.StatusCode);
    }

    [Fact]
    public async Task Infer_NumberThatTheTypeDoesNotHold_IsRefused()
    {
        var request = Request(input => (input.Datatype, input.Contents) = ("INT8", new() { IntContents = { 1, 128 } }));
        request.ModelName = "int8";

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Grpc.ModelInferAsync(request));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("Element 1", error.Status.Detail);
    }

    [Theory]
    [InlineData("inference.GRPCInferenceService/ModelInfer", "application/grpc", HttpStatusCode.OK, StatusCode.InvalidArgument)]
    [InlineData("inference.GRPCInferenceService/ServerLive", "application/grpc+proto", HttpStatusCode.OK, StatusCode.InvalidArgument)]
    [InlineData("inference.GRPCInferenceService/ModelInfer", "application/json", HttpStatusCode.UnsupportedMediaType, null)]
    [InlineData("inference.GRPCInferenceService/Absent", "application/grpc", HttpStatusCode.NotFound, null)] // Clients read it as UNIMPLEMENTED.
    [InlineData("v2/models", "application/json", HttpStatusCode.MethodNotAllowed, null)]
    public async Task Call_ThatIsNoneOfTheProtocols_IsTheClientsFault(string path, string type, HttpStatusCode expected, StatusCode? status)
    {
        using var request = RawCall.Request(_server, new ByteArrayContent(RawCall.Frame([.. "abcde"u8])), path, type);

        using var response = await _server.Http.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(status is null ? null : $"{(int)status}", response.Headers.TryGetValues("grpc-status", out var values) ? values.Single() : null);
        Assert.Equal(status is null, (await response.Content.ReadAsStringAsync()).Contains("\"error\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("application/grpc", HttpStatusCode.OK, "3")]
    [InlineData("application/json", HttpStatusCode.BadRequest, null)]
    public async Task Name_ThatIsNotThisMachines_IsRefusedInTheCallersWay(string type, HttpStatusCode expected, string? status)
    {
        using var request = RawCall.Request(_server, new ByteArrayContent(new byte[5]), "inference.GRPCInferenceService/ServerLive", type);
        request.Headers.Host = "models.example";

        using var response = await _server.Http.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(status, response.Headers.TryGetValues("grpc-status", out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task Infer_DeadlineDuringTheRun_EndsItEarly()
    {
        var request = new ModelInferRequest
        {
            ModelName = "slow",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 512, 512 } } },
            RawInputContents = { ByteString.CopyFrom(new byte[512 * 512 * 4]) },
        };

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Grpc.ModelInferAsync(request, deadline: DateTime.UtcNow.AddMilliseconds(50)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await Eventually.HoldsAsync(() => Tensors.TensorBuffer.Rented == 0);
    }

    [Fact]
    public async Task Health_OfGrpcItself_Serves()
    {
        var health = new global::Grpc.Health.V1.Health.HealthClient(_server.Channel);

        Assert.Equal(global::Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new())).Status);
    }

    [Fact]
    public async Task Reflection_Asked_ListsTheServicesAndDescribesTheProtocol()
    {
        var reflection = new ServerReflection.ServerReflectionClient(_server.Channel);
        using var call = reflection.ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { ListServices = "*" });
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = "inference.GRPCInferenceService" });
        await call.RequestStream.CompleteAsync();
        var answers = await call.ResponseStream.ReadAllAsync().ToListAsync();

        var services = answers[0].ListServicesResponse.Service.Select(service => service.Name);
        Assert.Contains("inference.GRPCInferenceService", services);
        Assert.Contains("grpc.health.v1.Health", services);
        var file = FileDescriptorProto.Parser.ParseFrom(answers[1].FileDescriptorResponse.FileDescriptorProto[0]);
        Assert.Contains("ModelInfer", file.Service.Single().Method.Select(method => method.Name));
        Assert.Contains("ModelInferRequest", file.MessageType.Select(message => message.Name));
    }

    private static ModelInferRequest Request(Action<ModelInferRequest.Types.InferInputTensor> fill)
    {
        var input = new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 2 } };
        fill(input);
        return new() { ModelName = "m", Id = "7", Inputs = { input } };
    }
}
