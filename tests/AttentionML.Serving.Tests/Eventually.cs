namespace AttentionML.Serving.Tests;

/// <summary>Waits for what another thread is about to do.</summary>
internal static class Eventually
{
    public static async Task HoldsAsync(Func<bool> condition)
    {
        for (var i = 0; !condition() && i < 2000; i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(condition());
    }

    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; !await condition() && i < 2000; i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(await condition());
    }
}
