using System.Net.Sockets;
using AttentionML.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using ServeModels;

// dotnet run -c Release --project samples/ServeModels
//
// Serves models/ until Ctrl-C or SIGTERM. Every setting of ServingOptions can stand in appsettings.json or the environment, for example
// Serving__ApiKeyHashes__0=$(printf %s KEY | sha256sum | cut -d' ' -f1). It prints
//
// HTTP     http://127.0.0.1:8000
// gRPC     http://127.0.0.1:8001
// metrics  http://127.0.0.1:8002/metrics
ServingOptions? options = null;
try
{
    var (builder, log) = (WebApplication.CreateSlimBuilder(), new ServerLog());
    log.Add(builder.Logging, builder.Configuration);
    options = ServeCommand.Parse(args, builder.Configuration, out var exitCode);
    if (options is null)
    {
        return exitCode;
    }

    await using var server = ServingHost.Build(options, builder);
    await server.StartAsync();
    log.Started();
    var (http, grpc, metrics) = ServingHost.Addresses(server);
    Console.WriteLine($"HTTP     {http}\ngRPC     {grpc}\nmetrics  {metrics}/metrics");
    await server.WaitForShutdownAsync();
    return 0;
}
catch (InvalidDataException error)
{
    Console.Error.WriteLine($"{error.Message} {error.GetBaseException().Message}");
    return 2;
}
catch (Exception error) when (error is ArgumentException or FormatException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
catch (IOException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
catch (SocketException error)
{
    Console.Error.WriteLine($"The server cannot listen on {options?.Address}: {error.Message}.");
    return 1;
}
