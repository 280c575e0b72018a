namespace AttentionML.Mechanisms;

/// <summary>How an attention is used, as far as the choice of its form depends on that.</summary>
public sealed record AttentionUse
{
    private static readonly string[] ElementTypes = ["float32", "float64", "bfloat16", "float16"];
    private static readonly string[] Devices = ["cpu", "cuda"];

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

    /// <summary>
    /// Threads that libtorch may use; null, the default, takes as many as it uses in the calling thread (<c>TorchRuntime.Threads</c>; 1 before it
    /// is loaded). A managed model uses one, whatever stands here, unless <c>FusedOptions.Threads</c> names more.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether a managed model attends, as behind <c>WithEngine(ScoringEngine.Managed)</c>, in place of libtorch: in float32 on the cpu, without
    /// gradients. The default is false.
    /// </summary>
    public bool Managed { get; init; }

    /// <summary>Throws unless there is such a use.</summary>
    /// <exception cref="ArgumentException">There is none; the message says what was given and what there is.</exception>
    public void Validate()
    {
        RequireOneOf(ElementTypes, ElementType, nameof(ElementType));
        RequireOneOf(Devices, Device, nameof(Device));
        if (Threads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads, nameof(Threads));
        }

        if (Managed && (Gradients || ElementType != ElementTypes[0] || Device != Devices[0]))
        {
            throw new ArgumentException($"A managed model attends in {ElementTypes[0]} on {Devices[0]}, without gradients; {this} was given. Set Managed = false.");
        }
    }

    /// <summary>The words for it, such as "causal, masked, with gradients, float32 on cpu".</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Causal ? "causal" : "bidirectional",
        Masked ? "masked" : null,
        Gradients ? "with gradients" : null,
        $"{ElementType} on {Device}",
        Managed ? "in a managed model" : null,
    }.Where(word => word is not null));

    private static void RequireOneOf(string[] allowed, string given, string name)
    {
        if (!allowed.Contains(given))
        {
            throw new ArgumentException($"{name} is '{given}'; it takes {string.Join(", ", allowed)}.", name);
        }
    }
}
