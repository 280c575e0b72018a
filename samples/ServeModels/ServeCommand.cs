using System.CommandLine;
using AttentionML.Serving;
using Microsoft.Extensions.Configuration;

namespace ServeModels;

/// <summary>The command line, over appsettings.json and the environment (Serving__HttpPort and so on).</summary>
internal static class ServeCommand
{
    private static readonly Option<string?> Models = new("--models") { Description = "The model repository. Default: models." };
    private static readonly Option<int?> HttpPort = new("--http-port") { Description = "The port of HTTP; 0 takes a free one. Default: 8000." };
    private static readonly Option<int?> GrpcPort = new("--grpc-port") { Description = "The port of gRPC; 0 takes a free one. Default: 8001." };
    private static readonly Option<int?> MetricsPort = new("--metrics-port") { Description = "The port of /metrics; 0 takes a free one. Default: 8002." };

    /// <summary>The settings, or null where the command line asks for help or is wrong; <paramref name="exitCode"/> then is the program's.</summary>
    public static ServingOptions? Parse(string[] args, IConfiguration configuration, out int exitCode)
    {
        ServingOptions? options = null;
        var command = new RootCommand("Serves a folder of ONNX models over the Open Inference Protocol (KServe v2), HTTP and gRPC.")
        {
            Models, HttpPort, GrpcPort, MetricsPort,
        };
        command.SetAction(result =>
        {
            ServingOptions set;
            try
            {
                set = configuration.GetSection("Serving").Get<ServingOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new();
            }
            catch (InvalidOperationException error)
            {
                Console.Error.WriteLine($"A setting (Serving in appsettings.json, Serving__NAME in the environment) is wrong. {error.Message}");
                return 2;
            }

            options = set with
            {
                Models = result.GetValue(Models) ?? set.Models,
                HttpPort = result.GetValue(HttpPort) ?? set.HttpPort,
                GrpcPort = result.GetValue(GrpcPort) ?? set.GrpcPort,
                MetricsPort = result.GetValue(MetricsPort) ?? set.MetricsPort,
            };
            return 0;
        });
        exitCode = command.Parse(args).Invoke();
        exitCode = exitCode == 0 || options is not null ? exitCode : 2;
        return options;
    }
}
