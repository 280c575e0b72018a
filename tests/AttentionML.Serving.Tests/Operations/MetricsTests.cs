using System.Diagnostics;
using System.Net;

namespace AttentionML.Serving.Tests.Operations;

public class MetricsTests
{
    private const string Request = """{"inputs":[{"name":"x","shape":[3,2],"datatype":"FP32","data":[1,2,3,4,5,6]}]}""";

    // What promtool has against Triton's names, which are kept so that its dashboards work. Our own have none.
    private static readonly string[] Lints =
    [
        "nv_inference_compute_infer_duration_us counter metrics should have \"_total\" suffix",
        "nv_inference_compute_infer_duration_us metric names should not contain abbreviated units",
        "nv_inference_compute_input_duration_us counter metrics should have \"_total\" suffix",
        "nv_inference_compute_input_duration_us metric names should not contain abbreviated units",
        "nv_inference_compute_output_duration_us counter metrics should have \"_total\" suffix",
        "nv_inference_compute_output_duration_us metric names should not contain abbreviated units",
        "nv_inference_count counter metrics should have \"_total\" suffix",
        "nv_inference_count non-histogram and non-summary metrics should not have \"_count\" suffix",
        "nv_inference_exec_count counter metrics should have \"_total\" suffix",
        "nv_inference_exec_count non-histogram and non-summary metrics should not have \"_count\" suffix",
        "nv_inference_pending_request_count non-histogram and non-summary metrics should not have \"_count\" suffix",
        "nv_inference_queue_duration_histogram_us metric name should not include type 'histogram'",
        "nv_inference_queue_duration_histogram_us metric names should not contain abbreviated units",
        "nv_inference_queue_duration_us counter metrics should have \"_total\" suffix",
        "nv_inference_queue_duration_us metric names should not contain abbreviated units",
        "nv_inference_request_duration_histogram_us metric name should not include type 'histogram'",
        "nv_inference_request_duration_histogram_us metric names should not contain abbreviated units",
        "nv_inference_request_duration_us counter metrics should have \"_total\" suffix",
        "nv_inference_request_duration_us metric names should not contain abbreviated units",
        "nv_inference_request_failure counter metrics should have \"_total\" suffix",
        "nv_inference_request_success counter metrics should have \"_total\" suffix",
    ];

    [Fact]
    public async Task Numbers_AfterRequests_AreWhatHappened()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        await server.InferAsync("m", Request);
        await server.InferAsync("m", "{}");

        Assert.Equal(1, await server.MetricAsync("nv_inference_request_success{model=\"m\",version=\"1\"}"));
        Assert.Equal(1, await server.MetricAsync("nv_inference_request_failure{model=\"m\",version=\"1\",reason=\"OTHER\"}"));
        Assert.Equal(3, await server.MetricAsync("nv_inference_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(1, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(0, await server.MetricAsync("nv_inference_pending_request_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(1, await server.MetricAsync("attentionml_batch_rows_bucket{model=\"m\",version=\"1\",le=\"4\"}"));
        Assert.Equal(0, await server.MetricAsync("attentionml_batch_rows_bucket{model=\"m\",version=\"1\",le=\"2\"}"));
        Assert.True(await server.MetricAsync("nv_inference_request_duration_us{model=\"m\",version=\"1\"}") > 0);
        var statistics = (await server.GetAsync("v2/models/m/stats")).Body.GetProperty("model_stats")[0].GetProperty("inference_stats");
        foreach (var what in new[] { "success", "fail", "queue" })
        {
            Assert.Equal(1, statistics.GetProperty(what).GetProperty("count").GetInt64());
            Assert.True(statistics.GetProperty(what).GetProperty("ns").GetInt64() > 0, what);
        }
    }

    [Fact]
    public async Task Model_ThatIsNotThere_AddsNoLabel()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        await server.InferAsync("intruder", Request);

        Assert.DoesNotContain("intruder", await server.Metrics.GetStringAsync("metrics"));
    }

    [Fact]
    public async Task Port_OfMetrics_HasMetricsAlone()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        Assert.Equal(HttpStatusCode.NotFound, (await server.Metrics.GetAsync("v2")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("metrics")).StatusCode);
    }

    [Fact]
    public async Task Metrics_AreReadAndNotWritten()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        using var head = new HttpRequestMessage(HttpMethod.Head, "metrics");
        using var response = await server.Metrics.SendAsync(head);
        using var post = await server.Metrics.PostAsync("metrics", null);

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow);
    }

    [Fact]
    public async Task Exposition_ForPromtool_HasTheLintsOfTritonsNamesAndNoOther()
    {
        const string Promtool = "/usr/bin/promtool";
        Assert.SkipUnless(File.Exists(Promtool), "promtool is not installed (apt-get install prometheus).");
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));
        await server.InferAsync("m", Request);

        using var process = Process.Start(new ProcessStartInfo(Promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(await server.Metrics.GetStringAsync("metrics"));
        process.StandardInput.Close();
        var complaints = (await process.StandardError.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

        Assert.Equal(Lints, complaints);
    }
}
