using System.Globalization;
using System.Reflection;
using System.Text.Json;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Repository;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace AttentionML.Serving.Http;

/// <summary>The Open Inference Protocol over HTTP, and Triton's extensions that its tools ask for.</summary>
internal sealed class Endpoints(ModelRepository repository, Inference inference, ServerState state, ServingOptions options)
{
    public const string ServerName = "attentionml";

    public static string ServerVersion { get; } = typeof(Endpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0]; // The project sets a version.

    public static IReadOnlyList<string> Extensions { get; } = ["binary_tensor_data", "model_configuration", "model_repository", "statistics"];

    public void Map(IEndpointRouteBuilder app)
    {
        Get(app, "/v2/health/live", context => AnswerAsync(context, true, "live"));
        Get(app, "/v2/health/ready", context => AnswerAsync(context, state.IsReady, "ready"));
        Get(app, "/v2", ServerMetadataAsync);
        Get(app, "/v2/models", context => JsonBody.WriteAsync(context, 200, json => ModelJson.List(json, repository.Models)));
        Get(app, "/v2/models/stats", context => StatisticsAsync(context, null));
        foreach (var path in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            Get(app, path, MetadataAsync);
            Get(app, $"{path}/ready", ModelReadyAsync);
            Get(app, $"{path}/config", ConfigAsync);
            Get(app, $"{path}/stats", context => StatisticsAsync(context, Route(context, "model")));
            app.MapPost($"{path}/infer", InferAsync);
        }

        app.MapPost("/v2/repository/index", context => JsonBody.WriteAsync(context, 200, json => ModelJson.Index(json, repository.Models)));
        app.MapPost("/v2/repository/models/{model}/load", context => ControlAsync(context, repository.LoadAsync));
        app.MapPost("/v2/repository/models/{model}/unload", context => ControlAsync(context, repository.UnloadAsync));
    }

    // HEAD is what balancers ask with; the answers leave the body away.
    private static void Get(IEndpointRouteBuilder app, string path, RequestDelegate answer) => app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], answer);

    private static string Route(HttpContext context, string name) => context.GetRouteValue(name) as string ?? "";

    private static Task AnswerAsync(HttpContext context, bool answer, string name) => JsonBody.WriteAsync(context, answer ? 200 : 503, json =>
    {
        json.WriteStartObject();
        json.WriteBoolean(name, answer);
        if (!answer)
        {
            context.Response.Headers.RetryAfter = ErrorAnswers.RetryAfter;
            json.WriteString("error", $"The server is not {name}.");
        }

        json.WriteEndObject();
    });

    private Task ServerMetadataAsync(HttpContext context) => JsonBody.WriteAsync(context, 200, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", ServerName);
        json.WriteString("version", ServerVersion);
        json.WriteStartArray("extensions");
        foreach (var extension in Extensions)
        {
            json.WriteStringValue(extension);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private Task ModelReadyAsync(HttpContext context)
    {
        var (name, ready) = (Route(context, "model"), state.ModelIsReady(Route(context, "model"), Route(context, "version")));
        return JsonBody.WriteAsync(context, ready ? 200 : 503, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("ready", ready);
            if (!ready)
            {
                context.Response.Headers.RetryAfter = ErrorAnswers.RetryAfter;
                json.WriteString("error", $"Model '{name}' is not ready.");
            }

            json.WriteEndObject();
        });
    }

    private async Task MetadataAsync(HttpContext context)
    {
        var model = repository.Acquire(Route(context, "model"), Route(context, "version"));
        try
        {
            await JsonBody.WriteAsync(context, 200, json => ModelJson.Metadata(json, model, repository.State(model.Name)));
        }
        finally
        {
            model.Release();
        }
    }

    private async Task ConfigAsync(HttpContext context)
    {
        var model = repository.Acquire(Route(context, "model"), Route(context, "version"));
        try
        {
            await JsonBody.WriteAsync(context, 200, json => ModelJson.Config(json, model));
        }
        finally
        {
            model.Release();
        }
    }

    private Task StatisticsAsync(HttpContext context, string? model)
    {
        var version = Route(context, "version");
        var models = model is null ? repository.Models : [repository.State(model)];
        var served = models.SelectMany(found => found.Versions)
            .Where(found => version.Length == 0 || found.Version.ToString(CultureInfo.InvariantCulture) == version)
            .Select(found => found.Served)
            .OfType<ServedModel>()
            .ToList();
        return version.Length > 0 && served.Count == 0
            ? throw new InferenceException(InferenceFault.NotFound, $"Request for unknown version of model '{model}'.")
            : JsonBody.WriteAsync(context, 200, json => ModelJson.Statistics(json, served));
    }

    private async Task ControlAsync(HttpContext context, Func<string, CancellationToken, Task> act)
    {
        if (!options.AllowModelControl)
        {
            throw new InferenceException(InferenceFault.NotFound, "Model control is off; the server's owner turns it on with AllowModelControl.");
        }

        await RefuseFilesAsync(context);
        await act(Route(context, "model"), context.RequestAborted);
        await JsonBody.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteEndObject();
        });
    }

    // Triton's load takes a configuration and files inline; here models come from the repository alone.
    private static async Task RefuseFilesAsync(HttpContext context)
    {
        var text = context.Request.BodyReader;
        var start = await text.ReadAsync(context.RequestAborted);
        text.AdvanceTo(start.Buffer.Start);
        if (start is { IsCompleted: true, Buffer.IsEmpty: true })
        {
            return; // No body asks for nothing more.
        }

        try
        {
            using var body = await JsonDocument.ParseAsync(text.AsStream(), new() { MaxDepth = 16 }, context.RequestAborted);
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("parameters", out var parameters)
                && parameters.ValueKind == JsonValueKind.Object
                && parameters.EnumerateObject().Any(parameter => parameter.Name == "config" || parameter.Name.StartsWith("file:", StringComparison.Ordinal)))
            {
                throw InferenceException.Invalid("Models and their configuration come from the repository; none can be sent.");
            }
        }
        catch (JsonException)
        {
            throw InferenceException.Invalid("The body is no JSON.");
        }
    }

    private async Task InferAsync(HttpContext context)
    {
        if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && encoding != "identity")
        {
            throw new InferenceException(
                InferenceFault.UnsupportedEncoding, $"The body's encoding '{JsonText.Short(encoding)}' is not supported; gzip and deflate are.");
        }

        var memory = context.Features.GetRequiredFeature<RequestMemory>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, memory.Late);
        try
        {
            using var result = await inference.InferAsync(
                Route(context, "model"),
                Route(context, "version"),
                signature => BodyReader.ReadAsync(context.Request, signature, options, limit.Token),
                memory,
                null,
                context.RequestAborted);
            await InferenceResponse.WriteAsync(context.Response, result, limit.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new InferenceException(
                InferenceFault.DeadlineExceeded, $"The request did not come, or its answer did not go, within the {options.RequestTimeoutSeconds} s that the server gives it.");
        }
    }
}
