using Microsoft.Playwright;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>The page with the models that the repository holds, and what is asked of it in every state.</summary>
internal static class PageUnderTest
{
    private const string Command = "'npm ci --ignore-scripts' in src/AttentionML.Serving/Playground";

    private static readonly string Npm = Path.Combine(RepositoryRoot.Path, "src", "AttentionML.Serving", "Playground", "node_modules");

    public static string Models { get; } = Path.Combine(RepositoryRoot.Path, "models");

    public static Task<TestServer> StartAsync(Func<ServingOptions, ServingOptions>? set = null)
    {
        var options = new ServingOptions { Models = Models, HttpPort = 0, GrpcPort = 0, MetricsPort = 0, Workers = 1 };
        return TestServer.StartAsync(set is null ? options : set(options));
    }

    public static void SkipWithoutRuntime() => Assert.SkipUnless(
        File.Exists(Path.Combine(AppContext.BaseDirectory, "playground", "onnxruntime-web", "ort-wasm-simd-threaded.wasm")),
        $"onnxruntime-web is not beside the server: run {Command} and build again.");

    public static Task LoadedAsync(IPage page) => page.Locator("ul.models > li").First.WaitForAsync();

    /// <summary>Whether the page does not scroll sideways; wide tables do, by themselves.</summary>
    public static Task<bool> FitsAsync(IPage page) => page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth");

    /// <summary>What axe has against the page and calls serious or critical. It is evaluated past the page's policy, which would not let it in.</summary>
    public static async Task<string[]> SeriousFindingsAsync(IPage page)
    {
        var axe = Path.Combine(Npm, "axe-core", "axe.min.js");
        Assert.SkipUnless(File.Exists(axe), $"axe-core is not installed: run {Command}.");
        await page.EvaluateAsync(await File.ReadAllTextAsync(axe));
        return await page.EvaluateAsync<string[]>("""
            async () => (await axe.run()).violations
                .filter(finding => finding.impact === 'serious' || finding.impact === 'critical')
                .map(finding => `${finding.id}: ${finding.nodes.map(node => node.html).join(' ')}`)
            """);
    }

    /// <summary>Where a screenshot goes, to be looked at.</summary>
    public static string Screenshot(string name) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(RepositoryRoot.Path, "artifacts", "playground")).FullName, $"{name}.png");
}
