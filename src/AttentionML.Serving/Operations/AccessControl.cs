using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Operations;

/// <summary>Asks for a key where keys are set, and counts requests where they are limited. Health needs neither.</summary>
internal sealed class AccessControl : IDisposable
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _hashes;
    private readonly PartitionedRateLimiter<string>? _limiter;

    public AccessControl(ServingOptions options)
    {
        _hashes = [.. options.ApiKeyHashes.Select(Convert.FromHexString)];
        _limiter = options.RequestsPerSecond == 0 ? null : PartitionedRateLimiter.Create<string, string>(client =>
            RateLimitPartition.GetTokenBucketLimiter(client, _ => new()
            {
                TokenLimit = options.RequestsPerSecond,
                TokensPerPeriod = options.RequestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }

    /// <exception cref="InferenceException">The request has no key that is known, or its client has sent too many.</exception>
    public void Check(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/v2/health") || context.Request.Path.StartsWithSegments("/grpc.health.v1.Health"))
        {
            return;
        }

        var client = _hashes.Length > 0 ? Key(context) : $"{context.Connection.RemoteIpAddress}";
        if (_limiter is not null)
        {
            using var permit = _limiter.AttemptAcquire(client);
            if (!permit.IsAcquired)
            {
                throw new InferenceException(InferenceFault.RateLimited, "Too many requests a second; try again in a moment.");
            }
        }
    }

    public void Dispose() => _limiter?.Dispose();

    private string Key(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(header.StartsWith(Bearer, StringComparison.Ordinal) ? header[Bearer.Length..] : ""));
        var known = false;
        foreach (var candidate in _hashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(candidate, hash); // All of them, so that the time says nothing.
        }

        return known
            ? Convert.ToHexString(hash)
            : throw new InferenceException(InferenceFault.Unauthenticated, "This server asks for a key: Authorization: Bearer KEY.");
    }
}
