using AttentionML.Serving.Operations;

namespace AttentionML.Serving.Batching;

/// <summary>
/// The calls that wait for one version of a model, oldest first: so many at most, and no more bytes of them put together into one run. The
/// scheduler's lock guards it.
/// </summary>
internal sealed class ModelQueue(ModelSignature signature, int limit, long mostBytes, int instances, ModelStatistics statistics)
{
    // How far behind the oldest call to look for others of its kind.
    private const int Reach = 512;

    private readonly LinkedList<InferenceCall> _waiting = [];

    public int Count => _waiting.Count;

    public bool IsFull => _waiting.Count >= limit;

    public int Limit => limit;

    /// <summary>Runs under way.</summary>
    public int Running { get; set; }

    /// <summary>Whether the scheduler has it in its round.</summary>
    public bool InRound { get; set; }

    /// <summary>Whether another run may start.</summary>
    public bool CanRun => _waiting.Count > 0 && Running < instances;

    public void Add(InferenceCall call)
    {
        call.Node = _waiting.AddLast(call);
        statistics.Enqueued();
    }

    /// <summary>Takes a call out that waits; false where it does not.</summary>
    public bool Remove(InferenceCall call)
    {
        if (call.Node is not { } node)
        {
            return false;
        }

        _waiting.Remove(node);
        call.Node = null;
        statistics.Dequeued();
        return true;
    }

    /// <summary>When the first of the calls will have waited too long.</summary>
    public long FirstEnd => _waiting.Select(call => call.Ends).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>Takes out what has waited too long.</summary>
    public void TakeExpired(long now, List<InferenceCall> expired)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (now >= node.Value.Ends)
            {
                Remove(node.Value);
                expired.Add(node.Value);
            }

            node = next;
        }
    }

    /// <summary>
    /// Takes the oldest call and, in their order, those that fit to it: the same key, no more rows than the model takes, and a cost and bytes within
    /// their budgets when every row is as long as the longest. A call above a budget comes alone.
    /// </summary>
    public (List<InferenceCall> Calls, DispatchReason Reason) TakeBatch()
    {
        var head = _waiting.First!.Value;
        Remove(head);
        var batch = new List<InferenceCall> { head };
        var (rows, length, rowBytes, looked) = (head.Rows, head.Length, head.RowBytes, 0);
        var reason = DispatchReason.QueueEmpty;
        if (!signature.Batches)
        {
            return (batch, DispatchReason.Alone);
        }

        for (var node = _waiting.First; node is not null && looked < Reach; looked++)
        {
            var (next, call) = (node.Next, node.Value);
            if (call.Key.AsSpan().SequenceEqual(head.Key))
            {
                var (allRows, longest, widest) = (rows + call.Rows, Math.Max(length, call.Length), Math.Max(rowBytes, call.RowBytes));
                if (allRows > signature.MaxBatchSize)
                {
                    reason = DispatchReason.MaxBatchSize;
                    break;
                }

                if (signature.Cost.Of(allRows, longest) > signature.Budget || allRows * widest > mostBytes)
                {
                    reason = DispatchReason.Budget;
                    break;
                }

                (rows, length, rowBytes) = (allRows, longest, widest);
                Remove(call);
                batch.Add(call);
            }

            node = next;
        }

        return (batch, reason);
    }
}

/// <summary>Why a batch got no larger.</summary>
internal enum DispatchReason
{
    /// <summary>Nothing that fits was waiting, and an idle worker does not wait.</summary>
    QueueEmpty,

    /// <summary>One more would have cost more than the budget.</summary>
    Budget,

    /// <summary>One more would have had more rows than the model takes.</summary>
    MaxBatchSize,

    /// <summary>The model has no batch axis, or the batch failed and its calls run one by one.</summary>
    Alone,
}
