namespace AttentionML.Fused;

/// <summary>All that the backward pass reads and writes of one head, in one direction or the other.</summary>
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

    private LinearBackwardHead(LinearBackwardHead head, Func<Steps, Steps> change)
    {
        (Queries, Keys, Values) = (change(head.Queries), change(head.Keys), change(head.Values));
        (Visible, Output, Denominators) = (change(head.Visible), change(head.Output), change(head.Denominators));
        (ArrivingGradients, QueryGradients) = (change(head.ArrivingGradients), change(head.QueryGradients));
        (KeyGradients, ValueGradients) = (change(head.KeyGradients), change(head.ValueGradients));
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

    /// <summary>The last step first; for causal attention, where all have the same number of steps.</summary>
    public LinearBackwardHead Backwards(int count) => new(this, steps => steps.Backwards(count));
}
