using AttentionML.Serving.Batching;
using AttentionML.Serving.Repository;
using Microsoft.Extensions.Hosting;

namespace AttentionML.Serving.Operations;

/// <summary>
/// Loads the models before the first request, looks for changed ones if told to, and takes leave in order: not ready at once, answering for
/// <see cref="ServingOptions.DrainSeconds"/>, then no new connection, then the requests under way to their end.
/// </summary>
internal sealed class Lifetime(
    ServingOptions options, ModelRepository repository, Scheduler scheduler, ServerState state, IHostApplicationLifetime host) : BackgroundService, IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        host.ApplicationStopping.Register(state.Stop);
        await repository.LoadAllAsync(cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.Stop();
        await Task.Delay(TimeSpan.FromSeconds(options.DrainSeconds), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        scheduler.Dispose();
        repository.Dispose();
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.PollSeconds == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.PollSeconds));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await repository.PollAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
