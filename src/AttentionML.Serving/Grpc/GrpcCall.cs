using System.Globalization;
using AttentionML.Serving.Operations;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Grpc;

/// <summary>
/// A call on its way to its service. Where its message could not be read, the service never hears of it and the framework answers UNKNOWN or
/// INTERNAL, which are a server's faults; whose fault it is, is said here.
/// </summary>
internal sealed class GrpcCall
{
    /// <summary>Whether the message has reached the service.</summary>
    public bool IsRead { get; set; }

    /// <summary>Whether a request is gRPC, which the port of gRPC alone tells not: HTTP/2 carries the other protocol as well.</summary>
    public static bool Is(HttpContext context) => context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var call = new GrpcCall();
        context.Features.Set(call);
        try
        {
            await next(context);
        }
        catch (InferenceException refused) when (!context.Response.HasStarted)
        {
            GrpcRefusal.Write(context, refused); // Before its service, where a refusal would be an HTTP status.
            return;
        }

        if (!call.IsRead && !context.Response.HasStarted && (Has(context, StatusCode.Unknown) || Has(context, StatusCode.Internal)))
        {
            GrpcRefusal.Write(
                context,
                context.Features.Get<RequestMemory>()?.Refusal ?? InferenceException.Invalid("The bytes of the call are no message of the protocol."));
        }
    }

    private static bool Has(HttpContext context, StatusCode status) => context.Response.Headers.GrpcStatus == Number(status);

    /// <summary>A status as its header has it.</summary>
    public static string Number(StatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);
}
