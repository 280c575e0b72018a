using AttentionML.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using ServeModels;

// dotnet run -c Release --project samples/ServeModels
//
// Serves models/ until Ctrl-C or SIGTERM. Every setting of ServingOptions can stand in appsettings.json or the environment, for example
// Serving__ApiKeyHashes__0=$(printf %s KEY | sha256sum | cut -d' ' -f1). It prints
//
// HTTP     http://127.0.0.1:8000
// gRPC     http://127.0.0.1:8001
// metrics  http://127.0.0.1:8002/metrics
var builder = WebApplication.CreateSlimBuilder();
builder.Logging
    .AddConsole(console => console.FormatterName = builder.Configuration["Logging:Console:FormatterName"] ?? ConsoleFormatterNames.Simple)
    .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Critical);
if (ServeCommand.Parse(args, builder.Configuration, out var exitCode) is not { } options)
{
    return exitCode;
}

try
{
    await using var server = ServingHost.Build(options, builder);
    await server.StartAsync();
    var (http, grpc, metrics) = ServingHost.Addresses(server);
    Console.WriteLine($"HTTP     {http}\ngRPC     {grpc}\nmetrics  {metrics}/metrics");
    await server.WaitForShutdownAsync();
    return 0;
}
catch (Exception error) when (error is ArgumentException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return error is ArgumentException ? 2 : 1;
}
