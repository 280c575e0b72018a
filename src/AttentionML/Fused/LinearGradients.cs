namespace AttentionML.Fused;

/// <summary>What the backward pass of linear attention takes and gives besides its <see cref="FusedCall"/>.</summary>
internal readonly struct LinearGradients
{
    /// <summary>The gradient that arrives at the output, [N, H, L, m].</summary>
    public required Heads Output { get; init; }

    /// <summary>[N, H, L, d], written.</summary>
    public required Heads Queries { get; init; }

    /// <summary>[N, H, S, d], written; 0 in hidden steps.</summary>
    public required Heads Keys { get; init; }

    /// <summary>[N, H, S, m], written; 0 in hidden steps.</summary>
    public required Heads Values { get; init; }

    /// <summary>The same with the last step of each head first; for causal attention, where all have the same number of steps.</summary>
    public LinearGradients Backwards(nint count) => new()
    {
        Output = Output.Backwards(count),
        Queries = Queries.Backwards(count),
        Keys = Keys.Backwards(count),
        Values = Values.Backwards(count),
    };
}
