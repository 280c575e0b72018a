using System.Net;
using System.Text;
using System.Text.Json;
using AttentionML.Serving.Grpc;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Tests;

/// <summary>A server on free ports of this machine, and its clients.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly TestRepository? _owned;

    private TestServer(WebApplication app, TestRepository? owned)
    {
        (_app, _owned) = (app, owned);
        var (http, grpc, metrics) = ServingHost.Addresses(app);
        Http = new() { BaseAddress = new(http), Timeout = TimeSpan.FromMinutes(2) };
        Metrics = new() { BaseAddress = new(metrics), Timeout = TimeSpan.FromMinutes(2) };
        _channel = GrpcChannel.ForAddress(grpc, new() { MaxReceiveMessageSize = null });
        Grpc = new(_channel);
    }

    public HttpClient Http { get; }

    public HttpClient Metrics { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient Grpc { get; }

    public GrpcChannel Channel => _channel;

    public static async Task<TestServer> StartAsync(TestRepository repository, Func<ServingOptions, ServingOptions>? set = null, bool own = true)
    {
        var options = new ServingOptions { Models = repository.Path, HttpPort = 0, GrpcPort = 0, MetricsPort = 0, Workers = 2 };
        return await StartAsync(set is null ? options : set(options), own ? repository : null);
    }

    public static async Task<TestServer> StartAsync(ServingOptions options, TestRepository? owned = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = ServingHost.Build(options, builder);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, owned);
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task StopAsync() => _app.StopAsync();

    public async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path) => await ReadAsync(await Http.GetAsync(path));

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json) =>
        await ReadAsync(await Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json")));

    public Task<(HttpStatusCode Status, JsonElement Body)> InferAsync(string model, string json) => PostAsync($"v2/models/{model}/infer", json);

    /// <summary>Sends JSON with bytes behind it.</summary>
    public async Task<HttpResponseMessage> SendBinaryAsync(string model, string json, byte[] tail, string? headerLength = null)
    {
        var content = new ByteArrayContent([.. Encoding.UTF8.GetBytes(json), .. tail]);
        content.Headers.Add("Inference-Header-Content-Length", headerLength ?? $"{Encoding.UTF8.GetByteCount(json)}");
        return await Http.PostAsync($"v2/models/{model}/infer", content);
    }

    public static async Task<(HttpStatusCode Status, JsonElement Body)> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    /// <summary>The value of a metric's line, such as <c>name{model="m",version="1"}</c>.</summary>
    public async Task<double> MetricAsync(string line)
    {
        var text = await Metrics.GetStringAsync("metrics");
        var found = text.Split('\n').First(candidate => candidate.StartsWith(line + " ", StringComparison.Ordinal));
        return double.Parse(found[(line.Length + 1)..]);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Metrics.Dispose();
        _channel.Dispose();
        await _app.StopAsync(CancellationToken.None); // As RunAsync does: what is under way ends before anything is taken away.
        await _app.DisposeAsync();
        _owned?.Dispose();
    }
}
