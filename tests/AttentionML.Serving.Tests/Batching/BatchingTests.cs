using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Tests.Batching;

/// <summary>One worker, kept busy by a slow request, so that what comes behind it waits and is batched.</summary>
public class BatchingTests
{
    private const string Policy = "dynamic_batching { default_queue_policy { max_queue_size: 4 } }";

    [Fact]
    public async Task Requests_OfDifferentLengths_ShareARunAndGetTheirOwnRows()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Masked()));
        var (busy, _) = await BlockAsync(server);

        var calls = new[] { 33, 40, 35, 37 }.Select(length => (Length: length, Answer: server.InferAsync("m", Masked(length, rows: 2)))).ToList();
        await QueuedAsync(server, calls.Count);
        await busy;
        foreach (var (length, answer) in calls)
        {
            var (status, body) = await answer;
            Assert.Equal(HttpStatusCode.OK, status);
            var (sum, steps) = (body.GetProperty("outputs")[0], body.GetProperty("outputs")[1]);
            Assert.Equal([2, 2], Numbers(sum.GetProperty("shape")));
            Assert.Equal([length, 2f * length, length, 2f * length], Numbers(sum.GetProperty("data")));
            Assert.Equal([2, length, 2], Numbers(steps.GetProperty("shape")));
            Assert.Equal(Enumerable.Repeat(new[] { 1f, 2f }, 2 * length).SelectMany(pair => pair), Numbers(steps.GetProperty("data")));
        }

        Assert.Equal(1, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(8, await server.MetricAsync("nv_inference_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(0, TensorBuffer.Rented);
    }

    [Fact]
    public async Task Requests_ThatCostMoreTogetherThanTheBudget_RunApart()
    {
        const string Budget = "parameters { key: \"attentionml.batch_budget\" value: { string_value: \"4000\" } }"; // Two rows of 40 steps: 3200.
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Masked(), Budget));
        var (busy, _) = await BlockAsync(server);

        var calls = Enumerable.Range(0, 5).Select(_ => server.InferAsync("m", Masked(40))).ToList();
        await QueuedAsync(server, calls.Count);
        await busy;
        await Task.WhenAll(calls);

        Assert.Equal(3, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(2, await server.MetricAsync("attentionml_batch_dispatches_total{model=\"m\",version=\"1\",reason=\"Budget\"}"));
    }

    [Fact]
    public async Task Requests_WithMoreBytesTogetherThanARunMayHave_RunApart()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Double()), options => options with { MaxRequestBytes = 2_200_000, MaxResponseBytes = 2_200_000, MaxSequenceLength = 1 << 20 }); // Four times that in a run, inputs and answers.
        const string Json = """{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,225000],"datatype":"FP32","parameters":{"binary_data_size":900000}}]}""";
        var (busy, _) = await BlockAsync(server, size: 512);

        var calls = Enumerable.Range(0, 5).Select(_ => server.SendBinaryAsync("m", Json, new byte[900_000])).ToList();
        await QueuedAsync(server, calls.Count);
        await busy;

        Assert.All(await Task.WhenAll(calls), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(2, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
        Assert.Equal(1, await server.MetricAsync("attentionml_batch_dispatches_total{model=\"m\",version=\"1\",reason=\"Budget\"}"));
    }

    [Fact]
    public async Task Requests_WithoutAMask_ShareARunOnlyAtTheSameLength()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Double()));
        var (busy, _) = await BlockAsync(server);

        var calls = new[] { 3, 4, 3, 4 }.Select(width => server.InferAsync("m", Plain(width))).ToList();
        await QueuedAsync(server, calls.Count);
        await busy;
        await Task.WhenAll(calls);

        Assert.Equal(2, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
    }

    [Fact]
    public async Task Models_ThatBothHaveRequestsWaiting_TakeTurns()
    {
        await using var server = await StartAsync(new TestRepository().Add("other", TestModels.Slow(), "max_batch_size: 0"));
        var (busy, _) = await BlockAsync(server);
        var answered = new ConcurrentQueue<string>();
        async Task AskAsync(string model)
        {
            using var answer = await SlowAsync(server, CancellationToken.None, model: model, size: 192); // Long enough for answers to arrive in order.
            answered.Enqueue(model);
        }

        var calls = new List<Task>();
        foreach (var model in new[] { "slow", "slow", "slow", "other", "other", "other" })
        {
            calls.Add(AskAsync(model));
            await QueuedAsync(server, calls.Count);
        }

        await busy;
        await Task.WhenAll(calls);

        Assert.Equal(["other", "slow", "other", "slow", "other", "slow"], answered);
    }

    [Fact]
    public async Task Request_ThatFailsItsBatch_FailsAlone()
    {
        await using var server = await StartAsync(new TestRepository().Add("ids", TestModels.Lookup()));
        var (busy, _) = await BlockAsync(server);

        var calls = new[] { 0, 99, 3 }.Select(id => server.InferAsync("ids", $$"""{"inputs":[{"name":"ids","shape":[1,1],"datatype":"INT64","data":[{{id}}]}]}""")).ToList();
        await QueuedAsync(server, calls.Count);
        await busy;
        var answers = await Task.WhenAll(calls);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.OK], answers.Select(answer => answer.Status));
        Assert.Equal([10], Numbers(answers[0].Body.GetProperty("outputs")[0].GetProperty("data")));
        Assert.Equal([13], Numbers(answers[2].Body.GetProperty("outputs")[0].GetProperty("data")));
    }

    [Fact]
    public async Task Queue_ThatIsFull_RefusesWithRetryAfterAndServesTheRest()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Double(), Policy));
        var (busy, _) = await BlockAsync(server);
        var waiting = Enumerable.Range(0, 4).Select(_ => server.InferAsync("m", Plain(3))).ToList();
        await QueuedAsync(server, waiting.Count);

        var refused = await server.Http.PostAsync("v2/models/m/infer", new StringContent(Plain(3)));
        await busy;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Contains("Exceeds maximum queue size", await refused.Content.ReadAsStringAsync());
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(1, await server.MetricAsync("nv_inference_request_failure{model=\"m\",version=\"1\",reason=\"REJECTED\"}"));
    }

    [Fact]
    public async Task Request_WhoseTimeoutEndsInTheQueue_IsNeverRun()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Double()));
        var (busy, _) = await BlockAsync(server);

        var (status, body) = await server.InferAsync("m", Plain(3).Replace("\"inputs\"", "\"parameters\":{\"timeout\":20000},\"inputs\""));
        var blocked = !busy.IsCompleted;
        await busy;

        Assert.True(blocked);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("timeout expired", body.GetProperty("error").GetString());
        Assert.Equal(0, await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}"));
    }

    [Fact]
    public async Task Request_WhoseTimeoutEndsDuringTheRun_GetsA504AndTheRunStops()
    {
        await using var server = await StartAsync(new TestRepository());

        var (status, _) = await TestServer.ReadAsync(await SlowAsync(server, CancellationToken.None, timeout: 60_000));

        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);
    }

    [Fact]
    public async Task Client_ThatLeaves_EndsItsRun()
    {
        await using var server = await StartAsync(new TestRepository());
        var (whole, _) = await BlockAsync(server);
        await whole;
        using var leave = new CancellationTokenSource();
        var (gone, _) = await BlockAsync(server, cancellation: leave.Token);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);

        await Eventually.HoldsAsync(async () => await server.MetricAsync("nv_inference_request_failure{model=\"slow\",version=\"1\",reason=\"CANCELED\"}") == 1);
        Assert.Equal(1, await server.MetricAsync("nv_inference_exec_count{model=\"slow\",version=\"1\"}")); // The run that was stopped does not count.
    }

    [Fact]
    public async Task Stop_WithRequestsUnderWay_AnswersThem()
    {
        await using var server = await StartAsync(new TestRepository().Add("m", TestModels.Double()), options => options with { DrainSeconds = 1 });
        var (busy, _) = await BlockAsync(server);
        var waiting = server.InferAsync("m", Plain(3));
        await QueuedAsync(server, 1);

        var stopping = server.StopAsync();
        var ready = await server.GetAsync("v2/health/ready");
        var live = await server.GetAsync("v2/health/live");
        await stopping;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
        Assert.Equal(HttpStatusCode.OK, live.Status);
        Assert.Equal(HttpStatusCode.OK, (await busy).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await waiting).Status);
    }

    [Fact]
    public async Task Clients_AtOnce_NeverGetAnothersRows()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Masked()));

        await Parallel.ForEachAsync(Enumerable.Range(1, 400), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var length = 17 + (i % 16);
            var (status, body) = await server.InferAsync("m", Masked(length, value: i));
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal([(float)i * length, 2f * i * length], Numbers(body.GetProperty("outputs")[0].GetProperty("data")));
        });

        Assert.True(await server.MetricAsync("nv_inference_exec_count{model=\"m\",version=\"1\"}") < 400);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 20)]
    [InlineData(33, 40)]
    [InlineData(64, 64)]
    [InlineData(65, 80)]
    [InlineData(1000, 1024)]
    public void Bucket_OfALength_IsTheNextOfFourStepsAnOctave(long length, long bucket) => Assert.Equal(bucket, RequestBinder.Bucket(length));

    private static Task<TestServer> StartAsync(TestRepository repository, Func<ServingOptions, ServingOptions>? set = null) =>
        TestServer.StartAsync(repository.Add("slow", TestModels.Slow(), "max_batch_size: 0"), options => (set ?? (same => same))(options with { Workers = 1 }));

    private static Task<HttpResponseMessage> SlowAsync(TestServer server, CancellationToken cancellation, long timeout = 0, string model = "slow", int size = 384)
    {
        var json = $$$"""{"parameters":{"binary_data_output":true,"timeout":{{{timeout}}}},"inputs":[{"name":"x","shape":[{{{size}}},{{{size}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{size * size * 4}}}}}]}""";
        var content = new ByteArrayContent([.. System.Text.Encoding.UTF8.GetBytes(json), .. new byte[size * size * 4]]);
        content.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");
        return server.Http.PostAsync($"v2/models/{model}/infer", content, cancellation);
    }

    /// <summary>Keeps the only worker busy, and returns once it is.</summary>
    private static async Task<(Task<HttpResponseMessage> Answer, long Started)> BlockAsync(TestServer server, int size = 384, CancellationToken cancellation = default)
    {
        var answer = SlowAsync(server, cancellation, size: size);
        await Eventually.HoldsAsync(() => server.Service<Scheduler>().Running == 1);
        return (answer, Stopwatch.GetTimestamp());
    }

    private static Task QueuedAsync(TestServer server, int count) => Eventually.HoldsAsync(() => server.Service<Scheduler>().Pending == count);

    private static string Plain(int width) =>
        $$"""{"inputs":[{"name":"x","shape":[1,{{width}}],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(0, width))}}]}]}""";

    private static string Masked(int length, int rows = 1, int value = 1)
    {
        var x = string.Join(',', Enumerable.Repeat($"{value},{2 * value}", rows * length));
        var mask = string.Join(',', Enumerable.Repeat(1, rows * length));
        return $$"""{"inputs":[{"name":"x","shape":[{{rows}},{{length}},2],"datatype":"FP32","data":[{{x}}]},{"name":"mask","shape":[{{rows}},{{length}}],"datatype":"FP32","data":[{{mask}}]}]}""";
    }

    private static IEnumerable<float> Numbers(JsonElement list) => list.EnumerateArray().Select(element => element.GetSingle());
}
