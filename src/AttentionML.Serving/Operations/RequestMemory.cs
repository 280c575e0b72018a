namespace AttentionML.Serving.Operations;

/// <summary>What one request holds of the budget until its answer is sent, and when its time is over.</summary>
/// <param name="budget">What all requests share.</param>
/// <param name="smallMessage">
/// Bytes of a message of a service that takes small ones, and none of the budget: it is done with when it has been read. Null for requests that hold what they send.
/// </param>
/// <param name="late">Set when the request's time is over.</param>
internal sealed class RequestMemory(MemoryBudget budget, int? smallMessage, CancellationToken late) : IDisposable
{
    private long _bytes;

    /// <summary>Set when the request's time is over.</summary>
    public CancellationToken Late => late;

    /// <summary>Bytes of a message of a service that takes small ones; null where they are not bounded but counted.</summary>
    public int? SmallMessage => smallMessage;

    /// <summary>Why the request is refused; null where it got all that it asked for in its time.</summary>
    public InferenceException? Refusal { get; private set; }

    /// <exception cref="InferenceException">There is no room for them now.</exception>
    public void Take(long bytes)
    {
        try
        {
            budget.Take(bytes);
            _bytes += bytes;
        }
        catch (InferenceException refusal)
        {
            Refusal = refusal;
            throw;
        }
    }

    /// <summary>Refuses the request: <see cref="Refusal"/> says why from now on.</summary>
    public InferenceException Refuse(InferenceException refusal) => Refusal = refusal;

    public void Dispose()
    {
        budget.Give(_bytes);
        _bytes = 0;
    }
}
