using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using AttentionML.Serving.Http;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Operations;

/// <summary>Asks for a key where keys are set, and counts requests where they are limited. Health needs neither.</summary>
internal sealed class AccessControl : IDisposable
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _hashes;
    private readonly PartitionedRateLimiter<string>? _limiter;
    private readonly bool _isForThisMachine;

    public AccessControl(ServingOptions options)
    {
        _hashes = [.. options.ApiKeyHashes.Select(Convert.FromHexString)];
        _isForThisMachine = _hashes.Length == 0 && IPAddress.IsLoopback(IPAddress.Parse(options.Address));
        _limiter = options.RequestsPerSecond == 0 ? null : PartitionedRateLimiter.Create<string, string>(client =>
            RateLimitPartition.GetTokenBucketLimiter(client, _ => new()
            {
                TokenLimit = options.RequestsPerSecond,
                TokensPerPeriod = options.RequestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }

    /// <exception cref="InferenceException">
    /// The request has no key that is known, its client has sent too many, or it asks a server of this machine by another name.
    /// </exception>
    public void Check(HttpContext context)
    {
        if (IsHealth(context.Request.Path))
        {
            return;
        }

        RequireOwnName(context.Request.Host);
        RequireOwnPage(context.Request);
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

    /// <summary>Whether a request asks for health alone.</summary>
    public static bool IsHealth(PathString path) => path.StartsWithSegments("/v2/health") || path.StartsWithSegments("/grpc.health.v1.Health");

    public void Dispose() => _limiter?.Dispose();

    /// <summary>The owner of a name may point it at this machine, and a browser then takes this server for a part of his site (DNS rebinding).</summary>
    /// <exception cref="InferenceException">A server of this machine alone is called by another name.</exception>
    public void RequireOwnName(HostString host)
    {
        if (_isForThisMachine && host.HasValue && !host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !IPAddress.TryParse(host.Host, out _))
        {
            throw InferenceException.Invalid(
                $"This server is for this machine alone and was called '{JsonText.Short(host.Host)}'; call it localhost or 127.0.0.1, or set ApiKeyHashes to serve it under a name.");
        }
    }

    // Any page may send a request here from its reader's browser, which says so in Origin. Where keys are set it has none.
    private void RequireOwnPage(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (_isForThisMachine && origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)))
        {
            throw InferenceException.Invalid($"This server is for this machine alone and was called by a page of '{JsonText.Short(origin)}'; set ApiKeyHashes to serve other pages.");
        }
    }

    private string Key(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..] : ""));
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
