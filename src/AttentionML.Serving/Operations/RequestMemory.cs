namespace AttentionML.Serving.Operations;

/// <summary>What one request holds of the budget until it is over.</summary>
internal sealed class RequestMemory(MemoryBudget budget) : IDisposable
{
    private long _bytes;

    /// <summary>Why the request got no more; null where it got all it asked for.</summary>
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

    public void Dispose()
    {
        budget.Give(_bytes);
        _bytes = 0;
    }
}
