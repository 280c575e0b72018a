using AttentionML.Mechanisms;

namespace AttentionML.Pipelines;

/// <summary>The settings of the attention transform.</summary>
public sealed record AttentionOptions
{
    /// <summary>The values of one step of the queries, and of the keys: HeadCount · d.</summary>
    public required int ModelDimension { get; init; }

    /// <summary>
    /// H, the heads, which attend side by side, each to its own part of a step; has to divide <see cref="ModelDimension"/>. The default
    /// is 1.
    /// </summary>
    public int HeadCount { get; init; } = 1;

    /// <summary>
    /// m, the features of a value per head: a step of the values, and of the output, has <see cref="HeadCount"/> · m values. The default,
    /// null, is the queries' <see cref="ModelDimension"/> / <see cref="HeadCount"/>.
    /// </summary>
    public int? ValueDimension { get; init; }

    /// <summary>The mechanism: a built-in one, or one of your own. The default is softmax.</summary>
    public AttentionMechanism Mechanism { get; init; } = AttentionMechanism.Softmax;

    /// <summary>Whether a step sees only itself and the steps before it. The default is false.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// About how much memory the rows that are scored together may use, in bytes: the transform reads that far ahead. One row is always
    /// taken; 1 scores row by row, for streams whose rows must not wait. The default is 1 MiB.
    /// </summary>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>The values of one step of the values column and of the output.</summary>
    internal int ValueStepWidth => ValueDimension * HeadCount ?? ModelDimension;

    /// <summary>Checks that the settings go together.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message names it, what it is, and what is allowed.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that <see cref="Causal"/> asks for.</exception>
    public void Validate()
    {
        RequirePositive(ModelDimension, nameof(ModelDimension));
        RequirePositive(HeadCount, nameof(HeadCount));
        RequirePositive(ValueDimension ?? 1, nameof(ValueDimension));
        RequirePositive(BatchBytes, nameof(BatchBytes));
        if (ModelDimension % HeadCount != 0)
        {
            throw new ArgumentException($"HeadCount {HeadCount} must divide ModelDimension {ModelDimension}.");
        }

        if (Mechanism is null)
        {
            throw new ArgumentException(
                $"Mechanism is null; it has to be one of {string.Join(", ", AttentionMechanism.All)}, or your own.");
        }

        Mechanism.RequireDirection(Causal);
    }

    private static void RequirePositive(int value, string name)
    {
        if (value <= 0)
        {
            throw new ArgumentException($"{name} {value} must be greater than 0.");
        }
    }
}
