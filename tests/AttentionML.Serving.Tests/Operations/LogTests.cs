using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Tests.Operations;

public class LogTests
{
    [Theory]
    [InlineData("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", false)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", true)]
    [InlineData("AttentionML.Serving.Repository.ModelRepository", true)]
    public async Task Errors_UnlessEverySecondHasOne_AreLogged(string category, bool expected)
    {
        await using var server = ServingHost.Build(new ServingOptions { Models = "." });

        Assert.Equal(expected, server.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(LogLevel.Error));
    }
}
