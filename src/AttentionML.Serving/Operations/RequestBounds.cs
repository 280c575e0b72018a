using AttentionML.Serving.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionML.Serving.Operations;

/// <summary>Bounds what a request holds and how long, from its first byte, decompressed, to the last that its client takes of the answer.</summary>
internal static class RequestBounds
{
    // Of a service that everybody may call, or that needs no more.
    private const int SmallMessage = 64 << 10;

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var services = context.RequestServices;
        // The one service whose calls have many messages, and no end of their own that a stopping server could wait for.
        var isReflection = context.Request.Path.Value!.StartsWith("/grpc.reflection.", StringComparison.Ordinal); // Kestrel sets a path.
        using var late = isReflection
            ? CancellationTokenSource.CreateLinkedTokenSource(services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping)
            : new CancellationTokenSource();
        late.CancelAfter(services.GetRequiredService<ServingOptions>().RequestTimeout);
        var isSmall = isReflection || AccessControl.IsHealth(context.Request.Path);
        using var memory = services.GetRequiredService<MemoryBudget>().Open(isSmall ? SmallMessage : null, late.Token);
        context.Features.Set(memory);
        context.Features.Set<IRequestBodyPipeFeature>(new CountedBody(context.Request.BodyReader, memory, GrpcCall.Is(context)));
        await next(context);

        // A call leaves its answer in the server's memory, and it is a request's until the client has taken it.
        if (context.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 } answer)
        {
            try
            {
                await answer.FlushAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                context.Abort();
            }
        }
    }
}
