using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AttentionML.Serving.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Tests.Operations;

/// <summary>Listens to sources that are one for the process, so nothing else may run beside.</summary>
[Collection(nameof(TracingTests))]
[CollectionDefinition(nameof(TracingTests), DisableParallelization = true)]
public class TracingTests
{
    private const string Request = """{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""";

    [Fact]
    public async Task Traces_WithAnEndpoint_ReachItsCollectorWithModelAndVersion()
    {
        var received = new ConcurrentQueue<string>();
        await using var collector = await CollectorAsync(received);
        await using (var server = await TestServer.StartAsync(
            new TestRepository().Add("traced", TestModels.Double()), options => options with { TraceEndpoint = collector.Urls.Single() }))
        {
            await server.InferAsync("traced", Request);
        } // Takes leave, and sends what it has.

        var spans = string.Concat(received);
        Assert.Contains(Tracing.Name, spans); // The source of the server's own span, beside ASP.NET Core's.
        Assert.Contains("inference", spans);
        Assert.Contains("traced", spans);
        Assert.Contains("v2/models/{model}/infer", spans);
    }

    [Fact]
    public async Task Traces_WithoutAnEndpoint_AreNotMade()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        Assert.False(Tracing.Source.HasListeners());
    }

    // What OTLP asks of a collector: a gRPC method that takes spans and answers with an empty message. Names are UTF-8 in the spans' bytes.
    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
            received.Enqueue(Encoding.UTF8.GetString(body.ToArray()));
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5], TestContext.Current.CancellationToken);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
