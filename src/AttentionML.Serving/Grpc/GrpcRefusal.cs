using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Grpc;

/// <summary>Refuses a gRPC call before it reaches its service: an answer of trailers alone.</summary>
internal static class GrpcRefusal
{
    public static Task WriteAsync(HttpContext context, InferenceException refused)
    {
        var status = refused.Fault == InferenceFault.RateLimited ? StatusCode.ResourceExhausted : StatusCode.Unauthenticated;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)status).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(refused.Message);
        return Task.CompletedTask;
    }
}
