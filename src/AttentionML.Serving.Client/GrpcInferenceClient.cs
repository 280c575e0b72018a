using AttentionML.Serving.Grpc;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;

namespace AttentionML.Serving.Client;

/// <summary>Raw tensors over gRPC.</summary>
public sealed class GrpcInferenceClient : IInferenceClient
{
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;
    private readonly InferenceClientOptions _options;
    private readonly ResiliencePipeline _retries;

    /// <param name="server">The server, such as http://localhost:8001.</param>
    /// <param name="options">How to ask; null means the defaults.</param>
    public GrpcInferenceClient(Uri server, InferenceClientOptions? options = null)
    {
        _options = options ?? new();
        _retries = _options.Pipeline();
        _channel = GrpcChannel.ForAddress(server, new() { MaxReceiveMessageSize = null });
        _client = new(_channel);
    }

    /// <inheritdoc/>
    public async Task<InferenceOutputs> InferAsync(
        string model, IReadOnlyList<ClientTensor> inputs, string? version = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentNullException.ThrowIfNull(inputs);
        var request = new ModelInferRequest { ModelName = model, ModelVersion = version ?? "" };
        foreach (var input in inputs)
        {
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype, Shape = { input.Shape } });
            request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(input.Bytes)); // The caller's memory, read until the answer is there.
        }

        var response = await _retries.ExecuteAsync(async token => await CallAsync(options => _client.ModelInferAsync(request, options), token), cancellation);
        if (response.Outputs.Count != response.RawOutputContents.Count || response.Outputs.DistinctBy(output => output.Name).Count() < response.Outputs.Count)
        {
            throw new InferenceFailedException(
                "The server's answer does not have raw contents for each of its outputs once.", (int)StatusCode.OK, isTransient: false);
        }

        var outputs = new InferenceOutputs();
        foreach (var (output, bytes) in response.Outputs.Zip(response.RawOutputContents))
        {
            outputs.Add(new(output.Name, output.Datatype, [.. output.Shape], bytes.Memory)); // The message's own memory, which is no pool's.
        }

        return outputs;
    }

    /// <inheritdoc/>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default) =>
        (await CallAsync(options => _client.ServerReadyAsync(new(), options), cancellation)).Ready;

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call(new(Headers(), DateTime.UtcNow + _options.Timeout, cancellation));
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Status.Detail, error, cancellation);
        }
        catch (RpcException error)
        {
            var transient = error.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted;
            throw new InferenceFailedException(Message(error), (int)error.StatusCode, transient, inner: error);
        }
    }

    // At the deadline this side's framework says nothing, the server's two words, and a server that has a limit of its own says which.
    private string Message(RpcException error) => error is { StatusCode: StatusCode.DeadlineExceeded, Status.Detail: "" or "Deadline Exceeded" }
        ? InferenceFailedException.NoAnswer(_options.Timeout)
        : error.Status.Detail;

    private Metadata Headers() => _options.ApiKey is { } key ? new() { { "authorization", $"Bearer {key}" } } : [];
}
