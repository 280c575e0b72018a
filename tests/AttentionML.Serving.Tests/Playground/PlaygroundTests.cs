using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using static AttentionML.Serving.Tests.Playground.PageUnderTest;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>The page in a browser, with the models that the repository holds.</summary>
public class PlaygroundTests(Browser browser) : IClassFixture<Browser>
{
    private const string Softmax = "attention-softmax 1";

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Page_Loaded_HasNeitherErrorsNorSeriousFindingsNorScrollsSideways(int width, ColorScheme scheme)
    {
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server, width, scheme);
        await LoadedAsync(page);
        await page.ClickAsync("#request-send");
        await page.WaitForSelectorAsync("#request-answer table");

        Assert.Equal(Directory.GetDirectories(Models).Length, await page.Locator("ul.models > li").CountAsync());
        Assert.Empty(await SeriousFindingsAsync(page));
        Assert.True(await FitsAsync(page));
        await page.ScreenshotAsync(new() { Path = Screenshot($"page-{width}-{scheme}"), FullPage = true });
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("binary")]
    public async Task Request_WithOneKey_IsAnsweredByItsValues(string format)
    {
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server);
        await LoadedAsync(page);

        await page.SelectOptionAsync("#request-model", Softmax);
        await page.FillAsync("#request-length", "1");
        await page.SelectOptionAsync("#rule-2", "counting");
        await page.SelectOptionAsync("#request-format", format);
        await page.PressAsync("#request-length", "Enter");
        var answer = await page.Locator("#request-answer table tbody").InnerTextAsync();

        // One key has all the weight, so that the answer is the values: i mod 10.
        Assert.Contains("[1, 1, 256]", answer);
        Assert.Contains("0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,", answer);
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Request_ThatTheServerRefuses_SaysWhy()
    {
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);
        await LoadedAsync(page);

        await page.SelectOptionAsync("#request-model", Softmax);
        await page.FillAsync("#request-rows", "9");
        await page.FillAsync("#request-length", "1");
        await page.ClickAsync("#request-send");
        var problem = await page.Locator("#request-state .bad").InnerTextAsync();

        Assert.Contains("8", problem); // max_batch_size
    }

    [Theory]
    [InlineData("curl", "/bin/bash", "-c")]
    [InlineData("Python", "/usr/bin/python3", "-c")]
    public async Task Snippet_AsItStands_GivesWhatTheServerGives(string language, string program, string option)
    {
        Assert.SkipUnless(File.Exists(program) && File.Exists("/usr/bin/curl"), $"{program} or curl is not installed.");
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);
        await LoadedAsync(page);

        await page.SelectOptionAsync("#request-model", "pulse-order-softmax 1");
        await page.FillAsync("#request-length", "7");
        await page.SelectOptionAsync("#rule-1", "own");
        await page.FillAsync("#own-1", "1, 1, 1, 1, 1, 1, 0");
        var snippet = await page.Locator("#snippets details", new() { HasText = language }).Locator("pre").TextContentAsync();
        using var process = Process.Start(new ProcessStartInfo(program, [option, snippet!]) { RedirectStandardOutput = true })!;
        var output = (await process.StandardOutput.ReadToEndAsync()).Replace('\'', '"');
        var outputs = JsonDocument.Parse(output).RootElement;
        outputs = outputs.ValueKind == JsonValueKind.Array ? outputs : outputs.GetProperty("outputs");

        var values = Enumerable.Range(0, 7).Select(i => Math.Sin(i));
        var direct = await server.InferAsync("pulse-order-softmax", $$"""
            {"inputs":[{"name":"Features","datatype":"FP32","shape":[1,7,1],"data":[{{string.Join(',', values)}}]},
            {"name":"mask","datatype":"FP32","shape":[1,7],"data":[1,1,1,1,1,1,0]}]}
            """);
        Assert.Equal(Numbers(direct.Body.GetProperty("outputs")), Numbers(outputs));
    }

    [Fact]
    public async Task Key_WhereTheServerAsksForOne_IsTakenFromTheField()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret")));
        await using var server = await StartAsync(options => options with { ApiKeyHashes = [hash] });
        var (page, _) = await browser.OpenAsync(server);
        await page.WaitForSelectorAsync("#server .bad");

        var refusal = await page.InnerTextAsync("#server");
        await page.FillAsync("#key", "secret");
        await page.PressAsync("#key", "Enter");
        await LoadedAsync(page);
        await page.ClickAsync("#request-send");
        await page.WaitForSelectorAsync("#request-answer table");

        Assert.Contains("asks for a key", refusal);
        Assert.Contains("Bearer $KEY", await page.InnerTextAsync("#snippets"));
        Assert.Equal(0, await page.EvaluateAsync<int>("localStorage.length + sessionStorage.length + document.cookie.length"));
    }

    [Fact]
    public async Task Live_UnderRequests_ShowsWhatTheServerCounts()
    {
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server);
        await LoadedAsync(page);

        await page.SelectOptionAsync("#request-model", Softmax);
        await page.WaitForSelectorAsync("#live-table tbody tr"); // A reading from before.
        await page.ClickAsync("#live-load");
        await page.GetByText("50 answered, 0 refused of 50.").WaitForAsync();
        var row = page.Locator("#live-table tbody tr", new() { HasText = Softmax });
        var (rows, runs) = (await server.MetricAsync("nv_inference_count{model=\"attention-softmax\",version=\"1\"}"),
            await server.MetricAsync("nv_inference_exec_count{model=\"attention-softmax\",version=\"1\"}"));
        // The cell alone: the row as one text begins "attention-softmax 10", which "1" and "10" match before anything is counted.
        await row.Locator("td:nth-of-type(4)").GetByText($"{rows / runs:G3}", new() { Exact = true }).WaitForAsync();

        Assert.Equal(50, rows);
        var cells = await row.Locator("td").AllInnerTextsAsync();
        Assert.Equal("0", cells[0]);
        Assert.All(cells.Skip(1).Where((_, place) => place != 1), cell => Assert.Matches("[1-9]|0 %", cell));
        Assert.Equal("0", cells[2]);
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Keyboard_Tab_ReachesTheLinkToTheContentFirst()
    {
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);

        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");

        Assert.Equal("main", await page.EvaluateAsync<string>("document.activeElement.id"));
    }

    private static double[] Numbers(JsonElement outputs) =>
        [.. outputs.EnumerateArray().SelectMany(output => output.GetProperty("data").EnumerateArray()).Select(value => value.GetDouble())];
}
