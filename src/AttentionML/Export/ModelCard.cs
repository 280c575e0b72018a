namespace AttentionML.Export;

/// <summary>What a model repository says of a model, and how it lets it be served.</summary>
public sealed record ModelCard
{
    /// <summary>What the model is, in a sentence or a few.</summary>
    public required string Description { get; init; }

    /// <summary>What it was trained and tested on. The default is null: nothing, as for a mechanism by itself.</summary>
    public string? Data { get; init; }

    /// <summary>What was measured on the test rows, such as accuracy. The default is empty.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>The command that makes the model. The default is null.</summary>
    public string? Command { get; init; }

    /// <summary>The most sequences in one batch of the server. The default is 8.</summary>
    public int MaximumBatchSize { get; init; } = 8;

    /// <summary>Whether a version that is there may be replaced. The default is false: versions are for good.</summary>
    public bool Replace { get; init; }

    /// <summary>Throws unless the settings are in their ranges.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Description);
        ArgumentNullException.ThrowIfNull(Metrics);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumBatchSize);
    }
}
