namespace AttentionML.Serving.Operations;

/// <summary>
/// How many bytes of requests and answers are under way, of all clients together, and how many there may be. It counts what comes, decompressed, and
/// what goes. The server's copies are as large, and larger where small numbers of eight bytes come as text or varints (up to eight times); of buffers
/// it keeps some for the next request.
/// </summary>
internal sealed class MemoryBudget
{
    private readonly long _limit;
    private long _held;

    public MemoryBudget(ServingOptions options, ServingMetrics metrics)
    {
        _limit = options.MaxBytesInFlight;
        metrics.Registry.AddBeforeCollectCallback(() => metrics.BytesInFlight.Set(Held));
    }

    public long Held => Interlocked.Read(ref _held);

    /// <summary>A request's part, empty at first.</summary>
    /// <param name="smallMessage">See <see cref="RequestMemory.SmallMessage"/>.</param>
    /// <param name="late">Set when the request's time is over.</param>
    public RequestMemory Open(int? smallMessage, CancellationToken late) => new(this, smallMessage, late);

    /// <exception cref="InferenceException">There is no room for them now.</exception>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) > _limit)
        {
            Give(bytes);
            throw new InferenceException(
                InferenceFault.Unavailable, $"The requests and answers under way hold nearly all of the {_limit} bytes that the server has for them. Try again.");
        }
    }

    public void Give(long bytes) => Interlocked.Add(ref _held, -bytes);
}
