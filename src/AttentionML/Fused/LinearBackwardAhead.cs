namespace AttentionML.Fused;

/// <summary>What each pass of the backward pass asks for ahead. Rows that are written are among it: writing to a row that no cache holds waits for it.</summary>
internal readonly struct LinearBackwardAhead
{
    /// <summary>Of what keys and values make.</summary>
    public Ahead KeySums { get; private init; }

    /// <summary>Of what queries and arriving gradients make; for causal attention alone, where that is a pass of its own.</summary>
    public Ahead QuerySums { get; private init; }

    /// <summary>Of the gradients of queries.</summary>
    public Ahead OfQueries { get; private init; }

    /// <summary>Of the gradients of keys and values.</summary>
    public Ahead OfKeysAndValues { get; private init; }

    /// <summary>Of bidirectional attention.</summary>
    public static LinearBackwardAhead Bidirectional(FusedCall call, LinearGradients gradients, Scratch scratch) => new()
    {
        KeySums = KeysAndValues(Nothing(call, scratch), call),
        OfQueries = Queries(Nothing(call, scratch), call, gradients).And(gradients.Queries, call.Sizes.HeadDimension),
        OfKeysAndValues = Gradients(KeysAndValues(Nothing(call, scratch), call), call, gradients),
    };

    /// <summary>Of causal attention, which sums up queries, and writes gradients of keys and values, from the last step to the first.</summary>
    public static LinearBackwardAhead Causal(
        FusedCall call, LinearGradients gradients, FusedCall reversed, LinearGradients reversedGradients, Scratch scratch) => new()
        {
            KeySums = KeysAndValues(Nothing(call, scratch), call),
            QuerySums = Queries(Nothing(call, scratch), reversed, reversedGradients),
            OfQueries = KeysAndValues(Queries(Nothing(call, scratch), call, gradients), call).And(gradients.Queries, call.Sizes.HeadDimension),
            OfKeysAndValues = Gradients(
                KeysAndValues(Queries(Nothing(call, scratch), reversed, reversedGradients), reversed), reversed, reversedGradients),
        };

    private static Ahead Nothing(FusedCall call, Scratch scratch) => new(scratch, call.Sizes.HeadCount);

    private static Ahead KeysAndValues(Ahead ahead, FusedCall call) =>
        ahead.And(call.Keys, call.Sizes.HeadDimension).And(call.Values, call.Sizes.ValueDimension);

    private static Ahead Queries(Ahead ahead, FusedCall call, LinearGradients gradients) => ahead
        .And(call.Queries, call.Sizes.HeadDimension).And(gradients.Output, call.Sizes.ValueDimension).And(call.Output, call.Sizes.ValueDimension);

    private static Ahead Gradients(Ahead ahead, FusedCall call, LinearGradients gradients) =>
        ahead.And(gradients.Keys, call.Sizes.HeadDimension).And(gradients.Values, call.Sizes.ValueDimension);
}
