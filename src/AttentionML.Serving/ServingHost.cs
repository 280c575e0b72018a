using System.Net;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Http;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Playground;
using AttentionML.Serving.Repository;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AttentionML.Serving;

/// <summary>
/// The inference server: the models of a folder over the Open Inference Protocol, HTTP and gRPC on a port each, metrics on a third.
/// </summary>
public static class ServingHost
{
    /// <summary>Puts the server together; <c>RunAsync</c> runs it until it is told to stop (SIGTERM, Ctrl-C).</summary>
    /// <param name="options">What to serve and within which limits.</param>
    /// <param name="builder">The application that becomes the server; null means a plain one that logs to the console.</param>
    /// <returns>The server. After its start <see cref="Addresses"/> tells where it listens.</returns>
    /// <exception cref="ArgumentException">A setting is wrong; the message says each that is.</exception>
    public static WebApplication Build(ServingOptions options, WebApplicationBuilder? builder = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = options.Problems().ToList();
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, problems));
        }

        builder ??= Plain();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        AddServices(builder.Services, options);
        var app = builder.Build();
        Route(app);
        return app;
    }

    /// <summary>Where a server that has started listens: HTTP, gRPC and metrics.</summary>
    /// <param name="app">A server from <see cref="Build"/>.</param>
    public static (string Http, string Grpc, string Metrics) Addresses(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        string[] urls = [.. app.Urls]; // In the order in which the ports were opened.
        return (urls[(int)Port.Http], urls[(int)Port.Grpc], urls[(int)Port.Metrics]);
    }

    private static WebApplicationBuilder Plain()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Critical); // A client's error is the client's; what is ours is logged by ErrorInterceptor.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical); // An error for every second that it is not ready.
        return builder;
    }

    private static void Listen(KestrelServerOptions kestrel, ServingOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 256;
        var (address, certificate) = (IPAddress.Parse(options.Address), options.LoadCertificate());
        foreach (var (port, number, protocol) in new[]
        {
            (Port.Http, options.HttpPort, HttpProtocols.Http1),
            (Port.Grpc, options.GrpcPort, HttpProtocols.Http2), // Without TLS a port cannot have both.
            (Port.Metrics, options.MetricsPort, HttpProtocols.Http1),
        })
        {
            kestrel.Listen(address, number, listen =>
            {
                listen.Protocols = protocol;
                if (port != Port.Metrics && certificate is not null)
                {
                    listen.UseHttps(certificate);
                }

                listen.Use(next => connection =>
                {
                    connection.Features.Set(new PortFeature(port));
                    return next(connection);
                });
            });
        }
    }

    private static void AddServices(IServiceCollection services, ServingOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton<MemoryBudget>();
        services.AddSingleton<ModelStatisticsTable>();
        services.AddSingleton(provider => new Scheduler(options.WorkerThreads, provider.GetRequiredService<ILogger<Scheduler>>()));
        services.AddSingleton<ModelLoader>();
        services.AddSingleton<ModelRepository>();
        services.AddSingleton<RequestBinder>();
        services.AddSingleton<Inference>();
        services.AddSingleton<ServerState>();
        services.AddSingleton<AccessControl>();
        services.AddSingleton<Endpoints>();
        services.AddSingleton<PlaygroundEndpoints>();
        services.AddHostedService<Lifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + options.ShutdownSeconds));
        services.AddRouting();
        services.AddRequestDecompression(decompression => decompression.DecompressionProviders.Remove("br")); // Triton has none either.
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = (int)options.MaxRequestBytes;
            grpc.MaxSendMessageSize = null;
            grpc.IgnoreUnknownServices = true; // Its answer to them takes every path of two parts, /v2/models too.
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.CompressionProviders = [new CountedGzip()];
        });
        services.AddHttpContextAccessor();
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck<ReadyCheck>("ready");
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(1);
        });
        if (options.TraceEndpoint is { } endpoint)
        {
            services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddService(Endpoints.ServerName, serviceVersion: Endpoints.ServerVersion))
                .WithTracing(traces => traces
                    .AddSource(Tracing.Name)
                    .AddAspNetCoreInstrumentation()
                    .AddOtlpExporter(exporter => exporter.Endpoint = new(endpoint)));
        }
    }

    private static void Route(WebApplication app)
    {
        app.MapWhen(context => PortOf(context) == Port.Metrics, branch => branch.Run(MetricsAsync));
        app.UseMiddleware<ErrorAnswers>();
        var playground = app.Services.GetRequiredService<ServingOptions>().HasPlayground;
        if (playground)
        {
            app.UseWhen(context => PortOf(context) == Port.Http, PlaygroundPage.Use);
        }

        app.UseWhen(GrpcCall.Is, grpc => grpc.Use(GrpcCall.InvokeAsync));
        app.Use((context, next) =>
        {
            context.RequestServices.GetRequiredService<AccessControl>().Check(context);
            return next(context);
        });
        app.Use((context, next) =>
        {
            // The length is that of the compressed body, and whoever reads it wants the other one.
            if (context.Request.Headers.ContentEncoding.Count > 0)
            {
                context.Request.ContentLength = null;
            }

            return next(context);
        });
        app.UseRequestDecompression();
        app.Use(RequestBounds.InvokeAsync);
        app.UseRouting();
        app.MapGrpcService<InferenceGrpcService>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.Services.GetRequiredService<Endpoints>().Map(app);
        if (playground)
        {
            app.Services.GetRequiredService<PlaygroundEndpoints>().Map(app);
        }
    }

    private static Port PortOf(HttpContext context) => context.Features.Get<PortFeature>()?.Port ?? Port.Http;

    private static async Task MetricsAsync(HttpContext context)
    {
        if (context.Request.Path != "/metrics")
        {
            await JsonBody.WriteErrorAsync(context, StatusCodes.Status404NotFound, "There is /metrics here and nothing else.");
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await JsonBody.WriteErrorAsync(
                context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not allowed at /metrics; allowed: {context.Response.Headers.Allow}.");
            return;
        }

        try
        {
            context.RequestServices.GetRequiredService<AccessControl>().RequireOwnName(context.Request.Host);
        }
        catch (InferenceException error)
        {
            await JsonBody.WriteErrorAsync(context, ErrorAnswers.Status(error.Fault), error.Message);
            return;
        }

        await context.RequestServices.GetRequiredService<ServingMetrics>().WriteAsync(context);
    }

    private sealed record PortFeature(Port Port);
}
