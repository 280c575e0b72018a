using AttentionML.Serving.Client;
using static AttentionML.Serving.Tests.Playground.PageUnderTest;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>The C# that the page writes is the C# below, so that it compiles and runs.</summary>
public class CSharpSnippetTests(Browser browser) : IClassFixture<Browser>
{
    private const string Source = "tests/AttentionML.Serving.Tests/Playground/CSharpSnippetTests.cs";
    private const int Indent = 8;

    [Fact]
    public async Task Snippet_InCSharp_IsWhatRunsHere()
    {
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);
        await LoadedAsync(page);
        await page.SelectOptionAsync("#request-model", "pulse-order-softmax 1");
        await page.FillAsync("#request-length", "3");
        await page.SelectOptionAsync("#rule-1", "own");
        await page.FillAsync("#own-1", "1, 1, 0.5");
        var snippet = await page.Locator("#snippets details", new() { HasText = "C#" }).Locator("pre").TextContentAsync();

        var address = $"{server.Http.BaseAddress}".TrimEnd('/');

        Assert.InRange(await AskAsync(address), 0.25f, 1); // The largest of four probabilities.
        var lines = await File.ReadAllLinesAsync(Path.Combine(RepositoryRoot.Path, Source), TestContext.Current.CancellationToken);
        var source = string.Join('\n', lines.Select(line => line.Length > Indent ? line[Indent..] : line));
        var code = snippet!.Replace($"\"{address}\"", "server", StringComparison.Ordinal).Split("\n\n");
        Assert.Equal("using AttentionML.Serving.Client;", code[0]);
        Assert.Contains(code[1], source, StringComparison.Ordinal);
    }

    private static async Task<float> AskAsync(string server)
    {
        using var client = new HttpInferenceClient(new Uri(server));
        using var outputs = await client.InferAsync("pulse-order-softmax",
        [
            ClientTensor.Of<float>("Features", [1, 3, 1], [.. Enumerable.Range(0, 3).Select(i => (float)Math.Sin(i))]),
            ClientTensor.Of<float>("mask", [1, 3], [1f, 1f, 0.5f]),
        ], version: "1");
        ReadOnlySpan<float> output0 = outputs["Score"].As<float>();
        ReadOnlySpan<long> output1 = outputs["PredictedLabel"].As<long>();
        return output0[(int)output1[0]];
    }
}
