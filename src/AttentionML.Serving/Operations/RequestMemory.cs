namespace AttentionML.Serving.Operations;

/// <summary>What one request holds of the budget until it is over, and when its time is.</summary>
internal sealed class RequestMemory(MemoryBudget budget, CancellationToken late) : IDisposable
{
    private long _bytes;

    /// <summary>Set when the request's time is over.</summary>
    public CancellationToken Late => late;

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

    /// <summary>Gives bytes back that are not held any more.</summary>
    public void Give(long bytes)
    {
        _bytes -= bytes;
        budget.Give(bytes);
    }

    /// <summary>Refuses the request: <see cref="Refusal"/> says why from now on.</summary>
    public InferenceException Refuse(InferenceException refusal) => Refusal = refusal;

    public void Dispose()
    {
        budget.Give(_bytes);
        _bytes = 0;
    }
}
