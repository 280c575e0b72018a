namespace AttentionML.Serving.Operations;

/// <summary>
/// How many bytes of requests and answers are under way, of all clients together, and how many there may be. It counts what comes and goes over
/// the network; the server's copies of it are up to four times as large (numbers of JSON) and end with it.
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
    public RequestMemory Open() => new(this);

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
