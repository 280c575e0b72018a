namespace AttentionML.Fused;

/// <summary>What each pass of the backward pass asks for ahead. Rows that are written are among it: writing to a row that no cache holds waits for it.</summary>
internal readonly struct LinearBackwardAhead
{
    public LinearBackwardAhead(FusedCall call, LinearGradients gradients, Scratch scratch)
    {
        var sizes = call.Sizes;
        var (d, m) = (sizes.HeadDimension, sizes.ValueDimension);
        KeySums = KeysAndValues(Nothing(), Forwards);
        QuerySums = Queries(Nothing(), Turned);
        OfQueries = Queries(Nothing(), Forwards).And(gradients.Queries, d);
        OfKeysAndValues = KeysAndValues(Nothing(), Turned).And(Turned(gradients.Keys), d).And(Turned(gradients.Values), m);
        if (sizes.Causal)
        {
            OfQueries = KeysAndValues(OfQueries, Forwards);
            OfKeysAndValues = Queries(OfKeysAndValues, Turned);
        }

        Ahead Nothing() => new(scratch, sizes.HeadCount);

        Ahead KeysAndValues(Ahead ahead, Func<Heads, Heads> direction) => ahead.And(direction(call.Keys), d).And(direction(call.Values), m);

        Ahead Queries(Ahead ahead, Func<Heads, Heads> direction) =>
            ahead.And(direction(call.Queries), d).And(direction(gradients.Output), m).And(direction(call.Output), m);

        Heads Forwards(Heads tensor) => tensor;

        // Causal attention sums up queries, and writes gradients of keys and values, from the last step to the first.
        Heads Turned(Heads tensor) => sizes.Causal ? tensor.Backwards(sizes.QueryCount) : tensor;
    }

    /// <summary>Of what keys and values make.</summary>
    public Ahead KeySums { get; }

    /// <summary>Of what queries and arriving gradients make.</summary>
    public Ahead QuerySums { get; }

    /// <summary>Of the gradients of queries.</summary>
    public Ahead OfQueries { get; }

    /// <summary>Of the gradients of keys and values.</summary>
    public Ahead OfKeysAndValues { get; }
}
