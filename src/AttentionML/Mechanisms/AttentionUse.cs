namespace AttentionML.Mechanisms;

/// <summary>How an attention is used, as far as the choice of its form depends on that.</summary>
public sealed record AttentionUse
{
    /// <summary>Whether a query sees only the keys at its own and earlier positions. The default is false.</summary>
    public bool Causal { get; init; }

    /// <summary>Whether there is a key mask. The default is false.</summary>
    public bool Masked { get; init; }

    /// <summary>Whether gradients are asked for, as in training. The default is false.</summary>
    public bool Gradients { get; init; }

    /// <summary>The element type: float32 (the default), float64, bfloat16 or float16.</summary>
    public string ElementType { get; init; } = "float32";

    /// <summary>The device: cpu (the default) or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads that libtorch may use. The default is 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The words for it, such as "causal, masked, with gradients, float32 on cpu".</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Causal ? "causal" : "bidirectional",
        Masked ? "masked" : null,
        Gradients ? "with gradients" : null,
        $"{ElementType} on {Device}",
    }.Where(word => word is not null));
}
