using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AttentionML.Serving.Operations;

/// <summary>Readiness for gRPC's own health service.</summary>
internal sealed class ReadyCheck(ServerState state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(state.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
