using Microsoft.Playwright;
using static AttentionML.Serving.Tests.Playground.PageUnderTest;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>What the page runs in the browser itself, against what the server answers.</summary>
public class BrowserRunTests(Browser browser) : IClassFixture<Browser>
{
    // Two builds of ONNX Runtime, for two instruction sets.
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Comparison_OfTheTwins_MeasuresBothAndAgreesWithTheServer(int width, ColorScheme scheme)
    {
        SkipWithoutRuntime();
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server, width, scheme);
        await LoadedAsync(page);

        Assert.Equal("attention-softmax 1", await page.InputValueAsync("#compare-first"));
        Assert.Equal("attention-linear-elu 1", await page.InputValueAsync("#compare-second"));
        await page.SelectOptionAsync("#compare-longest", "256");
        await page.ClickAsync("#compare-run");
        await page.Locator("#compare-state", new() { HasText = "Done." }).WaitForAsync();

        var rows = await page.EvaluateAsync<string[][]>("[...document.querySelectorAll('#compare-result tbody tr')].map(row => [...row.cells].map(cell => cell.innerText))");
        Assert.Equal(["16", "32", "64", "128", "256"], rows.Select(row => row[0]));
        Assert.All(rows, row =>
        {
            Assert.All(row[1..3], time => Assert.True(double.Parse(time) > 0));
            Assert.All(row[4..6], memory => Assert.EndsWith("MiB", memory));
            Assert.All(row[6..8], difference => Assert.InRange(double.Parse(difference), 0, Tolerance));
        });
        Assert.Equal(2, await page.GetByText("grows with the length to the power of").CountAsync());
        Assert.Empty(await SeriousFindingsAsync(page));
        Assert.True(await FitsAsync(page));
        await page.Locator("#compare").ScreenshotAsync(new() { Path = Screenshot($"compare-{width}-{scheme}") });
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Weights_OfTheTwins_ShowEveryHeadAndAgreeWithTheServer(int width, ColorScheme scheme)
    {
        SkipWithoutRuntime();
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server, width, scheme);
        await LoadedAsync(page);

        await page.ClickAsync("#weights-run");
        await page.Locator("#weights-state", new() { HasText = "Done." }).WaitForAsync();
        await page.FocusAsync("#weights-query");
        await page.PressAsync("#weights-query", "ArrowRight");

        Assert.Equal(16, await page.Locator("#weights-result canvas").CountAsync()); // 2 models, 2 blocks, 4 heads.
        Assert.Equal("17", await page.InnerTextAsync("#weights-query-value"));
        var differences = await page.Locator("#weights-result .quiet").AllInnerTextsAsync();
        Assert.Equal(2, differences.Count);
        Assert.All(differences, text => Assert.InRange(double.Parse(text.Split(' ')[^3]), 0, Tolerance));
        Assert.Empty(await SeriousFindingsAsync(page));
        Assert.True(await FitsAsync(page));
        await page.Locator("#weights").ScreenshotAsync(new() { Path = Screenshot($"weights-{width}-{scheme}") });
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Comparison_LongerThanTheServerTakes_GoesOnAndSaysWhatTheServerSaid()
    {
        SkipWithoutRuntime();
        await using var server = await StartAsync(options => options with { MaxSequenceLength = 32 });
        var (page, _) = await browser.OpenAsync(server);
        await LoadedAsync(page);

        await page.SelectOptionAsync("#compare-longest", "2048");
        await page.ClickAsync("#compare-run");
        await page.Locator("#compare-result tbody tr").Nth(2).WaitForAsync();
        await page.ClickAsync("#compare-stop");
        await page.Locator("#compare-state", new() { HasText = "Stopped." }).WaitForAsync();

        var last = await page.Locator("#compare-result tbody tr").Nth(2).Locator("td").AllInnerTextsAsync();
        Assert.True(double.Parse(last[0]) > 0);
        Assert.Contains("32", last[5]); // The limit, in the server's words.
    }

    [Fact]
    public async Task Comparison_WithoutTheRuntime_NamesTheCommandThatBringsIt()
    {
        await using var server = await StartAsync();
        var (page, errors) = await browser.OpenAsync(server);
        await page.RouteAsync("**/playground/runtime", route => route.FulfillAsync(new() { Json = new { installed = false } }));
        await page.ReloadAsync();
        await LoadedAsync(page);

        await page.Locator("#compare-state", new() { HasText = "npm ci --ignore-scripts" }).WaitForAsync();
        Assert.True(await page.IsDisabledAsync("#compare-run"));
        await page.ClickAsync("#request-send");
        await page.WaitForSelectorAsync("#request-answer table");
        Assert.Empty(errors);
    }
}
