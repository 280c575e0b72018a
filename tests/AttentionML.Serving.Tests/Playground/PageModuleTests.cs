using static AttentionML.Serving.Tests.Playground.PageUnderTest;

namespace AttentionML.Serving.Tests.Playground;

/// <summary>The page's arithmetic, on numbers whose answers are known.</summary>
public class PageModuleTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Fit_OfCurvesThatAreKnown_FindsTheirPowersAndWhereTheyCross()
    {
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);

        var found = await page.EvaluateAsync<double[]>("""
            async () => {
                const { powerLaw, crossing } = await import('./fit.js');
                const xs = [16, 32, 64, 128, 256, 512];
                const [square, straight] = [xs.map(x => ({ x, y: 3 * x ** 2 })), xs.map(x => ({ x, y: 300 * x }))];
                const [law, cross] = [powerLaw(square), crossing(square, straight)];
                return [law.slope, law.factor, law.r2, powerLaw(straight).slope, cross.x, cross.faster, crossing(square, square.map(({ x, y }) => ({ x, y: y / 2 }))) === null ? 1 : 0];
            }
            """);

        Assert.All(found.Zip([2, 3, 1, 1, 100, 1, 1]), pair => Assert.Equal(pair.Second, pair.First, 9));
    }

    [Fact]
    public async Task Quantile_OfAHistogram_IsWithinItsBucketsAndOfTheNewValuesAlone()
    {
        await using var server = await StartAsync();
        var (page, _) = await browser.OpenAsync(server);

        var found = await page.EvaluateAsync<double[]>("""
            async () => {
                const { parse, bucketsOf, quantile, valueOf } = await import('./prometheus.js');
                const text = counts => ['1', '2', '+Inf'].map((le, place) => `h_bucket{model="m",version="1",le="${le}"} ${counts[place]}`).join('\n')
                    + '\nh_bucket{model="n",version="1",le="1"} 1000\nc{model="m",version="1",reason="a"} 2\nc{model="m",version="1",reason="b"} 3\n';
                const model = { name: 'm', version: '1' };
                const [before, after] = [[5, 5, 5], [5, 15, 15]].map(counts => bucketsOf(parse(text(counts)), 'h', model));
                return [quantile(0.5, before, after), quantile(0.99, before, after), valueOf(parse(text([0, 0, 0])), 'c', model), Number.isNaN(quantile(0.5, after, after)) ? 1 : 0];
            }
            """);

        Assert.All(found.Zip([1.5, 1.99, 5, 1]), pair => Assert.Equal(pair.Second, pair.First, 9));
    }
}
