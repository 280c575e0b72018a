using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>What the server gives to the page, and to whom.</summary>
public class PlaygroundServerTests
{
    [Fact]
    public async Task Page_AndItsModules_ComeWithAPolicyAndAreAskedAboutAgain()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        var page = await server.Http.GetAsync("", TestContext.Current.CancellationToken);
        var module = await server.Http.GetAsync("main.js", TestContext.Current.CancellationToken);
        using var again = new HttpRequestMessage(HttpMethod.Get, "main.js");
        again.Headers.IfNoneMatch.Add(module.Headers.ETag!);
        var unchanged = await server.Http.SendAsync(again, TestContext.Current.CancellationToken);

        Assert.Equal(("text/html", "text/javascript"), (page.Content.Headers.ContentType?.MediaType, module.Content.Headers.ContentType?.MediaType));
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy);
        Assert.DoesNotContain("unsafe-inline", policy);
        Assert.True(page.Headers.CacheControl?.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("..%2fAttentionML.Serving.dll")]
    [InlineData("%2e%2e/AttentionML.Serving.dll")]
    [InlineData("AttentionML.Serving.dll")]
    public async Task Page_Folder_IsNotLeft(string path)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("127.0.0.1", null, HttpStatusCode.OK)]
    [InlineData("0.0.0.0", null, HttpStatusCode.NotFound)]
    [InlineData("0.0.0.0", true, HttpStatusCode.OK)]
    [InlineData("127.0.0.1", false, HttpStatusCode.NotFound)]
    public async Task Playground_UnlessSet_IsThereWhereTheServerListensOnThisMachineAlone(string address, bool? set, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { Address = address, Playground = set });
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{server.Http.BaseAddress!.Port}") };
        var statuses = new List<HttpStatusCode>();
        foreach (var path in new[] { "", "main.js", "playground/metrics", "playground/runtime", "playground/models/m/versions/1" })
        {
            statuses.Add((await client.GetAsync(path, TestContext.Current.CancellationToken)).StatusCode);
        }

        Assert.All(statuses, status => Assert.Equal(expected, status));
    }

    [Theory]
    [InlineData("playground/metrics")]
    [InlineData("playground/runtime")]
    [InlineData("playground/models/m/versions/1")]
    public async Task Head_IsAsGet(string path)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Double()));

        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        var head = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var get = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, get.Content.Headers.ContentType), (head.StatusCode, head.Content.Headers.ContentType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task File_OfAServedVersion_IsTheOneOnTheDisk()
    {
        var model = TestModels.Double();
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", model));

        Assert.Equal(model, await server.Http.GetByteArrayAsync("playground/models/m/versions/1", TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("playground/models/n/versions/1")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("playground/models/m/versions/2")).Status);
    }

    [Fact]
    public async Task File_ThatHasChangedSinceItWasLoaded_IsRefused()
    {
        var repository = new TestRepository().Add("m", TestModels.Double());
        await using var server = await TestServer.StartAsync(repository);

        repository.Add("m", TestModels.Masked());
        var (status, body) = await server.GetAsync("playground/models/m/versions/1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("load it again", body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Key_WhereSet_IsAskedForBehindThePageOnly()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret")));
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { ApiKeyHashes = [hash] });

        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("playground/metrics")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("playground/runtime")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("playground/models/m/versions/1")).Status);
    }
}
