using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Grpc;

/// <summary>Refuses a gRPC call beside its service: an answer of trailers alone.</summary>
internal static class GrpcRefusal
{
    public static void Write(HttpContext context, InferenceException refused)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers.GrpcStatus = GrpcCall.Number(GrpcStatus.Of(refused.Fault));
        context.Response.Headers.GrpcMessage = Uri.EscapeDataString(refused.Message);
    }
}
