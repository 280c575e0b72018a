using System.Globalization;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Http;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionML.Serving.Grpc;

/// <summary>The Open Inference Protocol over gRPC. Outputs are always raw. Methods are virtual because the framework finds no others.</summary>
[BindServiceMethod(typeof(GRPCInferenceService), nameof(GRPCInferenceService.BindService))]
internal class InferenceGrpcService(ModelRepository repository, Inference inference, ServerState state, ServingOptions options)
{
    public virtual Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public virtual Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = state.IsReady });

    public virtual Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        try
        {
            return Task.FromResult(new ModelReadyResponse { Ready = state.ModelIsReady(request.Name, request.Version) });
        }
        catch (InferenceException error) when (error.Fault == InferenceFault.NotFound)
        {
            // As Triton answers; its clients ask so whether a model is there.
            return Task.FromResult(new ModelReadyResponse { Ready = false });
        }
    }

    public virtual Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = Endpoints.ServerName,
            Version = Endpoints.ServerVersion,
            Extensions = { Endpoints.Extensions },
        });

    public virtual Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var model = repository.Acquire(request.Name, request.Version);
        try
        {
            return Task.FromResult(new ModelMetadataResponse
            {
                Name = model.Name,
                Platform = ModelJson.Platform,
                Versions =
                {
                    repository.State(model.Name).Versions.Where(version => version.Served is not null)
                        .Select(version => version.Version.ToString(CultureInfo.InvariantCulture)),
                },
                Inputs = { model.Signature.Inputs.Select(Metadata) },
                Outputs = { model.Signature.Outputs.Select(Metadata) },
            });
        }
        finally
        {
            model.Release();
        }
    }

    public virtual async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        TimeSpan? deadline = context.Deadline == DateTime.MaxValue ? null : context.Deadline - DateTime.UtcNow;
        using var result = await inference.InferAsync(
            request.ModelName,
            request.ModelVersion,
            _ => ValueTask.FromResult(GrpcRequest.Read(request, options)),
            context.GetHttpContext().Features.GetRequiredFeature<RequestMemory>(),
            deadline < TimeSpan.Zero ? TimeSpan.Zero : deadline,
            context.CancellationToken);
        var response = new ModelInferResponse
        {
            ModelName = result.Model,
            ModelVersion = result.Version.ToString(CultureInfo.InvariantCulture),
            Id = request.Id,
        };
        foreach (var output in result.Outputs)
        {
            response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = output.Name, Datatype = output.Type.Name, Shape = { output.Shape } });
            response.RawOutputContents.Add(ByteString.CopyFrom(output.Buffer.Span));
        }

        return response;
    }

    private static ModelMetadataResponse.Types.TensorMetadata Metadata(TensorSpec spec) =>
        new() { Name = spec.Name, Datatype = spec.Type.Name, Shape = { spec.Shape } };
}
