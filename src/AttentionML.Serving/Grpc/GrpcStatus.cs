using Grpc.Core;

namespace AttentionML.Serving.Grpc;

/// <summary>The gRPC status of each fault.</summary>
internal static class GrpcStatus
{
    public static StatusCode Of(InferenceFault fault) => fault switch
    {
        InferenceFault.InvalidArgument or InferenceFault.UnsupportedEncoding or InferenceFault.TooLarge => StatusCode.InvalidArgument,
        InferenceFault.Unauthenticated => StatusCode.Unauthenticated,
        InferenceFault.NotFound => StatusCode.NotFound,
        InferenceFault.RateLimited => StatusCode.ResourceExhausted,
        InferenceFault.Cancelled => StatusCode.Cancelled,
        InferenceFault.Unavailable => StatusCode.Unavailable,
        InferenceFault.DeadlineExceeded => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };
}
