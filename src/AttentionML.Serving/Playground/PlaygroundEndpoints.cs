using System.Globalization;
using AttentionML.Serving.Http;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Repository;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AttentionML.Serving.Playground;

/// <summary>What the page needs beyond the protocol: the figures of the metrics port, which a browser must not reach from here, the models' files, and whether it can run them.</summary>
internal sealed class PlaygroundEndpoints(ModelRepository repository, ServingMetrics metrics, ServingOptions options)
{
    public void Map(IEndpointRouteBuilder app)
    {
        string[] reading = [HttpMethods.Get, HttpMethods.Head];
        app.MapMethods("/playground/metrics", reading, metrics.WriteAsync);
        app.MapMethods("/playground/runtime", reading, RuntimeAsync);
        app.MapMethods("/playground/models/{model}/versions/{version}", reading, FileAsync);
    }

    // Asked for by its file, a browser would call the runtime's absence an error.
    private static Task RuntimeAsync(HttpContext context) => JsonBody.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("installed", PlaygroundPage.HasRuntime);
        json.WriteEndObject();
    });

    private async Task FileAsync(HttpContext context)
    {
        var model = repository.Acquire((string)context.GetRouteValue("model")!, (string)context.GetRouteValue("version")!); // The route has both.
        try
        {
            var folder = new ModelFolder(options.Models, model.Name);
            var loaded = repository.State(model.Name).Versions.First(version => version.Version == model.Version).Stamp;
            if (folder.Stamp(model.Version) != loaded)
            {
                throw new InferenceException(
                    InferenceFault.Unavailable, $"The files of '{model.Name}' have changed since version {model.Version.ToString(CultureInfo.InvariantCulture)} was loaded; load it again.");
            }

            context.Response.ContentType = "application/octet-stream";
            context.Response.Headers.CacheControl = "no-store"; // Another version may take its place, and a key may be needed.
            await context.Response.SendFileAsync(Path.GetFullPath(folder.FileOf(model.Version, model.Config)), context.RequestAborted);
        }
        finally
        {
            model.Release();
        }
    }
}
