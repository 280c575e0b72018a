namespace AttentionML.Comparison;

/// <summary>The forms in which a mechanism is measured, by their names in reports.</summary>
public static class ComparisonForm
{
    /// <summary>The mechanism's formula, operation by operation; for softmax the textbook's, which stores L × L scores.</summary>
    public const string Formula = "formula";

    /// <summary>The mechanism's fused form.</summary>
    public const string Fused = "fused";
}
