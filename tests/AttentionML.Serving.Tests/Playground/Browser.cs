using Microsoft.Playwright;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>Debian's Chromium without a window, one for the tests of a class.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            return; // Each test says so.
        }

        _playwright = await Playwright.CreateAsync();
        // Without a sandbox, because tests may run as root, where Chromium has none.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
    }

    /// <summary>A window of its own, and what speaks against the page: errors and warnings of its console, and requests to anywhere but the server.</summary>
    internal async Task<(IPage Page, List<string> Errors)> OpenAsync(TestServer server, int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipUnless(_browser is not null, "Chromium is not installed (apt-get install chromium).");
        var page = await _browser!.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        page.SetDefaultTimeout(120_000); // The machine may have other work.
        List<string> errors = [];
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith($"{server.Http.BaseAddress}", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                errors.Add(request.Url);
            }
        };
        await page.GotoAsync($"{server.Http.BaseAddress}");
        return (page, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }
}
