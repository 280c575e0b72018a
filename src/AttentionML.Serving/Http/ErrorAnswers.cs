using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Http;

/// <summary>Gives every failure its status and the protocol's body, {"error": …}: the server's own, the framework's, and what nobody foresaw.</summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
{
    private const string RequestIdHeader = "X-Request-Id";
    private const int ClientClosed = 499;

    /// <summary>Seconds after which to try again what failed for a moment.</summary>
    public const string RetryAfter = "1";

    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("request {RequestId}");

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var requestId = context.Request.Headers[RequestIdHeader].ToString() is { Length: > 0 and <= 128 } given && given.All(c => c is > ' ' and <= '~')
            ? given
            : context.TraceIdentifier;
        context.Response.Headers[RequestIdHeader] = requestId;
        using var scope = Scope(logger, requestId);
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
            {
                await AnswerAsync(context, context.Response.StatusCode, Explain(context));
            }
        }
        catch (InferenceException error)
        {
            if (error.InnerException is { } cause)
            {
                LogFailed(cause, context.Request.Method, context.Request.Path, error.Message);
            }

            await AnswerAsync(context, Status(error.Fault), error.Message);
        }
        catch (BadHttpRequestException error)
        {
            await AnswerAsync(context, error.StatusCode, error.Message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosed; // Nobody reads it; the log does.
        }
        catch (InvalidDataException)
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest, "The body does not decompress.");
        }
        catch (Exception error)
        {
            LogUnforeseen(error, context.Request.Method, context.Request.Path);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, "The server failed on this request.");
        }
        finally
        {
            // Refusals under load would fill the log when there is least time for it; the metrics count them.
            var level = context.Response.StatusCode is >= 500 and not StatusCodes.Status503ServiceUnavailable ? LogLevel.Warning : LogLevel.Debug;
            if (logger.IsEnabled(level))
            {
                var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                LogRequest(level, context.Request.Method, context.Request.Path, context.Response.StatusCode, milliseconds, requestId);
            }
        }
    }

    public static int Status(InferenceFault fault) => fault switch
    {
        InferenceFault.InvalidArgument => StatusCodes.Status400BadRequest,
        InferenceFault.Unauthenticated => StatusCodes.Status401Unauthorized,
        InferenceFault.NotFound => StatusCodes.Status404NotFound,
        InferenceFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        InferenceFault.UnsupportedEncoding => StatusCodes.Status415UnsupportedMediaType,
        InferenceFault.RateLimited => StatusCodes.Status429TooManyRequests,
        InferenceFault.Cancelled => ClientClosed,
        InferenceFault.Unavailable => StatusCodes.Status503ServiceUnavailable,
        InferenceFault.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static async Task AnswerAsync(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort(); // Half an answer must not look like a whole one.
            return;
        }

        var (allow, requestId) = (context.Response.Headers.Allow, context.Response.Headers[RequestIdHeader]);
        context.Response.Clear();
        (context.Response.Headers.Allow, context.Response.Headers[RequestIdHeader]) = (allow, requestId);
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = RetryAfter;
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        try
        {
            await JsonBody.WriteErrorAsync(context, status, message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private static string Explain(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => $"There is nothing at {JsonText.Short(context.Request.Path)}.",
        StatusCodes.Status405MethodNotAllowed =>
            $"{context.Request.Method} is not allowed at {JsonText.Short(context.Request.Path)}; allowed: {context.Response.Headers.Allow}.",
        StatusCodes.Status413PayloadTooLarge => "The request is too large.",
        StatusCodes.Status415UnsupportedMediaType => $"'{JsonText.Short(context.Request.ContentType ?? "")}' is not supported here; calls of gRPC are application/grpc.",
        var status => $"The request was refused with status {status}.",
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path}: {Answer}")]
    private partial void LogFailed(Exception cause, string method, PathString path, string answer);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} ended with an error that nobody foresaw.")]
    private partial void LogUnforeseen(Exception error, string method, PathString path);

    [LoggerMessage(Message = "{Method} {Path} → {Status} in {Milliseconds:0.0} ms, request {RequestId}")]
    private partial void LogRequest(LogLevel level, string method, PathString path, int status, double milliseconds, string requestId);
}
