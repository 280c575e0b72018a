using System.Buffers;
using System.Globalization;
using AttentionML.Serving.Operations;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Grpc;

/// <summary>
/// A call on its way to its service. Where its message could not be received, the service never hears of it, and the framework answers INTERNAL for
/// a frame that is none and UNKNOWN for anything else; whose fault it is, is said here.
/// </summary>
internal sealed partial class GrpcCall
{
    private static readonly PathString InferenceService = "/inference.GRPCInferenceService";

    /// <summary>Whether the message has reached the service.</summary>
    public bool IsRead { get; set; }

    /// <summary>Whether a request is gRPC, which the port alone does not tell: HTTP/2 carries the other protocol as well.</summary>
    public static bool Is(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>
    /// Why a frame is refused that begins so: with 0, or 1 for a compressed message, and its length. Null where it is not. The framework takes
    /// broken ones for a fault of its own.
    /// </summary>
    /// <param name="bytes">What has come of it.</param>
    /// <param name="most">Bytes that its message may have; null for no limit here.</param>
    public static InferenceException? Refuse(ReadOnlySequence<byte> bytes, int? most)
    {
        var reader = new SequenceReader<byte>(bytes);
        var (hasFlag, hasLength) = (reader.TryRead(out var compressed), reader.TryReadBigEndian(out int length));
        return (hasFlag && compressed > 1) || (hasLength && length < 0) ? InferenceException.Invalid("The bytes of the call are no message of the protocol: its frame is broken.")
            : hasLength && length > most ? new(InferenceFault.TooLarge, $"The message has more than {most} bytes.")
            : null;
    }

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

        if (call.IsRead || context.Response.HasStarted)
        {
            return;
        }

        if (context.Features.Get<RequestMemory>()?.Refusal is { } refusal)
        {
            GrpcRefusal.Write(context, refusal);
        }
        else if (Has(context, StatusCode.Internal) || (Has(context, StatusCode.Unknown) && !context.Request.Path.StartsWithSegments(InferenceService)))
        {
            // Health and reflection fail on nothing but their messages.
            GrpcRefusal.Write(context, InferenceException.Invalid("The bytes of the call are no message of the protocol."));
        }
        else if (Has(context, StatusCode.Unknown))
        {
            LogNotRead(context.RequestServices.GetRequiredService<ILogger<GrpcCall>>(), context.Request.Path);
        }
    }

    /// <summary>A status as its header has it.</summary>
    public static string Number(StatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    private static bool Has(HttpContext context, StatusCode status) => context.Response.Headers.GrpcStatus == Number(status);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: the call could not be read, and not by its client's fault.")]
    private static partial void LogNotRead(ILogger logger, PathString path);
}
