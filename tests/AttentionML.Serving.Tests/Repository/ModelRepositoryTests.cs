using System.Net;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Repository;

namespace AttentionML.Serving.Tests.Repository;

public class ModelRepositoryTests
{
    private const string Request = """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    [Fact]
    public async Task Start_WithABrokenModel_ServesTheOthersAndSaysWhy()
    {
        var repository = new TestRepository()
            .Add("good", TestModels.Double())
            .Add("broken", [1, 2, 3])
            .Add("misconfigured", TestModels.Double(), "max_batch_size: 4\ninput { name: \"z\" data_type: TYPE_FP32 dims: [ -1 ] }");
        await using var server = await TestServer.StartAsync(repository);

        var index = (await server.PostAsync("v2/repository/index", "")).Body.EnumerateArray().ToDictionary(entry => entry.GetProperty("name").GetString()!);

        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("good", Request)).Status);
        Assert.Equal("READY", index["good"].GetProperty("state").GetString());
        Assert.Equal("UNAVAILABLE", index["broken"].GetProperty("state").GetString());
        Assert.Contains("ONNX Runtime does not load the file", index["broken"].GetProperty("reason").GetString());
        Assert.DoesNotContain(repository.Path, index["broken"].GetProperty("reason").GetString());
        Assert.Contains("config.pbtxt 2:7: the ONNX file has no input 'z'", index["misconfigured"].GetProperty("reason").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.InferAsync("broken", Request)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.GetAsync("v2/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("v2/health/live")).Status);
    }

    [Theory]
    [InlineData("", "2", new[] { "2" })]
    [InlineData("version_policy { all { } }", "2", new[] { "1", "2" })]
    [InlineData("version_policy { specific { versions: 1 } }", "1", new[] { "1" })]
    public async Task Policy_OfVersions_DecidesWhatIsServed(string config, string expected, string[] versions)
    {
        var repository = new TestRepository()
            .Add("m", TestModels.Double(), config)
            .Add("m", TestModels.Identity(TestModels.Float), version: 2);
        Directory.CreateDirectory(Path.Combine(repository.Path, "m", "03"));
        Directory.CreateDirectory(Path.Combine(repository.Path, "m", "notes"));
        await using var server = await TestServer.StartAsync(repository);

        var (status, body) = await server.InferAsync("m", Request);
        var metadata = (await server.GetAsync("v2/models/m")).Body;

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(expected, body.GetProperty("model_version").GetString());
        Assert.Equal(versions, metadata.GetProperty("versions").EnumerateArray().Select(version => version.GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("v2/models/m/versions/9")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.GetAsync("v2/models/m/versions/x")).Status);
    }

    [Theory]
    [InlineData("attentionml.cost_exponent", "3", "allowed are 0, 1, 2")]
    [InlineData("attentionml.batch_budget", "-1", "not a whole number above 0")]
    [InlineData("attentionml.mask_input", "z", "'z' is not among the inputs")]
    [InlineData("intra_op_thread_count", "x", "expected 0")]
    public async Task Parameter_ThatIsWrong_IsTheReasonThatTheModelIsNotServed(string key, string value, string expected)
    {
        var config = $"parameters {{ key: \"{key}\" value {{ string_value: \"{value}\" }} }}";
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double(), config));

        var (status, body) = await server.InferAsync("m", Request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains(expected, body.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("2")]
    [InlineData("1")]
    [InlineData("0")]
    public async Task Config_OfAServedModel_SaysWhatTheServerMadeOfIt(string exponent)
    {
        var config = $"parameters {{ key: \"attentionml.cost_exponent\" value {{ string_value: \"{exponent}\" }} }}";
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double(), config));

        var parameters = (await server.GetAsync("v2/models/m/config")).Body.GetProperty("parameters");

        Assert.Equal(exponent, parameters.GetProperty("attentionml.cost_exponent").GetProperty("string_value").GetString());
    }

    [Fact]
    public async Task Load_OfABrokenFile_KeepsWhatServed()
    {
        var repository = new TestRepository().Add("m", TestModels.Double());
        await using var server = await TestServer.StartAsync(repository, options => options with { AllowModelControl = true });
        repository.Add("m", [0]);

        var (status, _) = await server.PostAsync("v2/repository/models/m/load", "{}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("m", Request)).Status);
    }

    [Fact]
    public async Task Load_OfABrokenNewerVersion_KeepsTheOneThatServedUntilItIsMended()
    {
        var repository = new TestRepository().Add("m", TestModels.Double());
        await using var server = await TestServer.StartAsync(repository, options => options with { AllowModelControl = true });
        repository.Add("m", [0], version: 2);
        Directory.CreateDirectory(Path.Combine(repository.Path, "m", "3"));

        await server.PostAsync("v2/repository/models/m/load", "{}");
        var (latest, first) = ((await server.InferAsync("m", Request)).Status, (await server.InferAsync("m/versions/1", Request)).Status);
        Directory.Delete(Path.Combine(repository.Path, "m", "3"));
        repository.Add("m", TestModels.Double(), version: 2);
        var mended = (await server.PostAsync("v2/repository/models/m/load", "{}")).Status;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (latest, first, mended));
        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("m/versions/2", Request)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.InferAsync("m/versions/1", Request)).Status);
    }

    [Fact]
    public async Task Unload_ThenLoad_TakesTheModelOutAndBack()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { AllowModelControl = true });

        await server.PostAsync("v2/repository/models/m/unload", "");
        var unloaded = (await server.InferAsync("m", Request)).Status;
        var (ready, modelReady) = ((await server.GetAsync("v2/health/ready")).Status, await server.Http.GetAsync("v2/models/m/ready"));
        await server.PostAsync("v2/repository/models/m/load", "");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, unloaded);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, modelReady.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), modelReady.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.OK, ready); // It is as its owner wants it.
        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("m", Request)).Status);
    }

    [Theory]
    [InlineData("""{"parameters":{"config":"{}"}}""")]
    [InlineData("""{"parameters":{"file:1/model.onnx":"AAAA"}}""")]
    public async Task Load_WithFilesInTheRequest_IsRefused(string json)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { AllowModelControl = true });

        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("v2/repository/models/m/load", json)).Status);
    }

    [Fact]
    public async Task Unload_WhereTheServerPolls_LastsUntilTheModelIsLoaded()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { AllowModelControl = true, PollSeconds = 0.1 });
        await server.PostAsync("v2/repository/models/m/unload", "");

        await Task.Delay(500, TestContext.Current.CancellationToken); // Some looks.

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.InferAsync("m", Request)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("v2/health/ready")).Status);
    }

    [Fact]
    public async Task Load_BesideUnloads_SucceedsEveryTime()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { AllowModelControl = true });

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => server.PostAsync($"v2/repository/models/m/{(i % 2 == 0 ? "load" : "unload")}", "")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }

    [Theory]
    [InlineData("no JSON", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("{}", HttpStatusCode.OK)]
    public async Task Load_WithABodyThatComesInChunks_ReadsIt(string json, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { AllowModelControl = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, "v2/repository/models/m/load") { Content = new StringContent(json) };
        request.Headers.TransferEncodingChunked = true;

        Assert.Equal(expected, (await server.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public void Folders_WhoseNamesAreNoModels_AreNamed()
    {
        using var repository = new TestRepository().Add("m", TestModels.Double()).Add("my model", TestModels.Double()).Add(".hidden", TestModels.Double());

        Assert.Equal(["m"], ModelFolder.All(repository.Path).Select(folder => folder.Name));
        Assert.Equal(["my model"], ModelFolder.Strangers(repository.Path));
    }

    [Fact]
    public async Task ModelControl_ByDefault_IsOff()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        Assert.Equal(HttpStatusCode.NotFound, (await server.PostAsync("v2/repository/models/m/load", "{}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.PostAsync("v2/repository/models/m/unload", "{}")).Status);
    }

    [Fact]
    public async Task Link_OutOfTheRepository_IsNotFollowed()
    {
        using var elsewhere = new TestRepository().Add("secret", TestModels.Double());
        var repository = new TestRepository().Add("m", TestModels.Double());
        Directory.CreateDirectory(Path.Combine(repository.Path, "linked", "1"));
        File.CreateSymbolicLink(Path.Combine(repository.Path, "linked", "1", "model.onnx"), Path.Combine(elsewhere.Path, "secret", "1", "model.onnx"));
        Directory.CreateSymbolicLink(Path.Combine(repository.Path, "folder"), Path.Combine(elsewhere.Path, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(repository.Path, "alias"), Path.Combine(repository.Path, "m"));
        await using var server = await TestServer.StartAsync(repository);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.InferAsync("linked", Request)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.InferAsync("folder", Request)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("alias", Request)).Status);
    }

    [Fact]
    public async Task Poll_AfterAChange_ServesTheNewFileOnceItStandsStill()
    {
        var repository = new TestRepository().Add("m", TestModels.Double());
        await using var server = await TestServer.StartAsync(repository);
        var models = server.Service<ModelRepository>();
        await models.PollAsync(TestContext.Current.CancellationToken);
        repository.Add("m", TestModels.Identity(TestModels.Float));
        repository.Add("new", TestModels.Double());

        await models.PollAsync(TestContext.Current.CancellationToken);
        var once = (await server.InferAsync("m", Request)).Body;
        await models.PollAsync(TestContext.Current.CancellationToken);
        var twice = (await server.InferAsync("m", Request)).Body;

        Assert.Equal([2f, 4f], Data(once));
        Assert.Equal([1f, 2f], Data(twice));
        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("new", Request)).Status);
    }

    [Fact]
    public Task Reload_OfTwoModelsUnderLoad_FailsNoRequestAndLeaksNoSession() => ReloadAsync(10);

    [Fact(Explicit = true)]
    public Task HundredReloads_OfTwoModelsUnderLoad_FailNoRequestAndLeakNoSession() => ReloadAsync(100);

    private static async Task ReloadAsync(int reloads)
    {
        var repository = new TestRepository().Add("a", TestModels.Double()).Add("b", TestModels.Double());
        var before = OnnxSession.Alive;
        var server = await TestServer.StartAsync(repository, options => options with { AllowModelControl = true });
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            var statuses = new List<HttpStatusCode>();
            while (!stop.IsCancellationRequested)
            {
                var (status, body) = await server.InferAsync(i % 2 == 0 ? "a" : "b", Request);
                statuses.Add(status);
                Assert.Equal([2f, 4f], Data(body));
            }

            return statuses;
        })).ToArray();

        for (var i = 0; i < reloads; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("v2/repository/models/a/load", "")).Status);
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("v2/repository/models/b/load", "")).Status);
        }

        await stop.CancelAsync();
        var all = (await Task.WhenAll(clients)).SelectMany(statuses => statuses).ToList();
        var alive = OnnxSession.Alive;
        await server.DisposeAsync();

        Assert.NotEmpty(all);
        Assert.All(all, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(before + 2, alive);
        Assert.Equal(before, OnnxSession.Alive);
    }

    private static float[] Data(System.Text.Json.JsonElement body) =>
        [.. body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(element => element.GetSingle())];
}
