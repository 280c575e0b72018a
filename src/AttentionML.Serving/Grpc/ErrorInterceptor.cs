using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Grpc;

/// <summary>Gives every failure its gRPC status.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
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

    private static StatusCode Status(InferenceFault fault, ServerCallContext context) => fault switch
    {
        InferenceFault.InvalidArgument or InferenceFault.UnsupportedEncoding or InferenceFault.TooLarge => StatusCode.InvalidArgument,
        InferenceFault.Unauthenticated => StatusCode.Unauthenticated,
        InferenceFault.NotFound => StatusCode.NotFound,
        InferenceFault.RateLimited => StatusCode.ResourceExhausted,
        InferenceFault.Cancelled or InferenceFault.Unavailable when context.Deadline <= DateTime.UtcNow => StatusCode.DeadlineExceeded,
        InferenceFault.Cancelled => StatusCode.Cancelled,
        InferenceFault.Unavailable => StatusCode.Unavailable,
        InferenceFault.DeadlineExceeded => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method}: {Answer}")]
    private partial void LogFailed(Exception cause, string method, string answer);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} ended with an error that nobody foresaw.")]
    private partial void LogUnforeseen(Exception error, string method);
}
