namespace AttentionML.Fused;

/// <summary>All that the backward pass reads and writes of one head.</summary>
internal readonly struct LinearBackwardHead
{
    /// <summary>One of all N · H heads.</summary>
    public LinearBackwardHead(FusedCall call, LinearGradients gradients, int index)
    {
        var (sequence, head) = int.DivRem(index, call.Sizes.HeadCount);
        (Queries, Keys, Values) = (call.Queries[sequence, head], call.Keys[sequence, head], call.Values[sequence, head]);
        (Visible, Output) = (call.Visible[sequence, head], call.Output[sequence, head]);
        Denominators = call.Denominators[sequence, head];
        ArrivingGradients = gradients.Output[sequence, head];
        QueryGradients = gradients.Queries[sequence, head];
        (KeyGradients, ValueGradients) = (gradients.Keys[sequence, head], gradients.Values[sequence, head]);
    }

    public Steps Queries { get; }

    public Steps Keys { get; }

    public Steps Values { get; }

    public Steps Visible { get; }

    public Steps Output { get; }

    public Steps Denominators { get; }

    public Steps ArrivingGradients { get; }

    public Steps QueryGradients { get; }

    public Steps KeyGradients { get; }

    public Steps ValueGradients { get; }
}
