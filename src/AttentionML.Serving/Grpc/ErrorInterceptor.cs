using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Grpc;

/// <summary>Gives every failure its gRPC status.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Features.GetRequiredFeature<GrpcCall>().IsRead = true;
        try
        {
            return await continuation(request, context);
        }
        catch (InferenceException error)
        {
            if (error.InnerException is { } cause)
            {
                LogFailed(cause, context.Method, error.Message);
            }

            throw new RpcException(new(Status(error.Fault, context), error.Message));
        }
        catch (Exception error) when (error is not RpcException && !context.CancellationToken.IsCancellationRequested)
        {
            LogUnforeseen(error, context.Method);
            throw new RpcException(new(StatusCode.Internal, "The server failed on this request."));
        }
    }

    // Past the client's own deadline it is that which it should hear.
    private static StatusCode Status(InferenceFault fault, ServerCallContext context) =>
        (fault is InferenceFault.Cancelled or InferenceFault.Unavailable) && context.Deadline <= DateTime.UtcNow ? StatusCode.DeadlineExceeded : GrpcStatus.Of(fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method}: {Answer}")]
    private partial void LogFailed(Exception cause, string method, string answer);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} ended with an error that nobody foresaw.")]
    private partial void LogUnforeseen(Exception error, string method);
}
