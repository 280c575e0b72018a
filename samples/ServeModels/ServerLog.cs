using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ServeModels;

/// <summary>The server's log, on the console, as Logging in appsettings.json or the environment has it.</summary>
internal sealed class ServerLog
{
    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json, ConsoleFormatterNames.Systemd];

    private bool _started;

    /// <exception cref="ArgumentException">A setting of it is wrong.</exception>
    public void Add(ILoggingBuilder logging, IConfiguration configuration)
    {
        var formatter = configuration["Logging:Console:FormatterName"] ?? ConsoleFormatterNames.Simple;
        if (!Formatters.Contains(formatter, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"Logging:Console:FormatterName is '{formatter}'; allowed are {string.Join(", ", Formatters)}.");
        }

        RequireLevels(configuration.GetSection("Logging:LogLevel"));
        RequireLevels(configuration.GetSection("Logging:Console:LogLevel"));
        logging
            .AddConsole(console => console.FormatterName = formatter)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Grpc", LogLevel.Critical)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical) // An error for every second that it is not ready.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", IsTold)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", IsTold);

        // A request's id is a scope.
        logging.Services.Configure<JsonConsoleFormatterOptions>(
            json => json.IncludeScopes = configuration.GetValue("Logging:Console:FormatterOptions:IncludeScopes", true));
    }

    /// <summary>The server runs. What kept it from that would have been thrown as well as logged.</summary>
    public void Started() => _started = true;

    private bool IsTold(LogLevel level) => _started && level >= LogLevel.Warning;

    private static void RequireLevels(IConfigurationSection section)
    {
        foreach (var level in section.GetChildren().Where(level => !Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _)))
        {
            throw new ArgumentException($"{level.Path} is '{level.Value}'; allowed are {string.Join(", ", Enum.GetNames<LogLevel>())}.");
        }
    }
}
