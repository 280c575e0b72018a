namespace AttentionML.Comparison;

/// <summary>The stages at which a mechanism is measured, by their names in reports.</summary>
public static class ComparisonStage
{
    /// <summary>The bare mechanism on tensors [N, H, L, d].</summary>
    public const string Mechanism = "mechanism";

    /// <summary>An ML.NET pipeline, read through a cursor.</summary>
    public const string Pipeline = "pipeline";

    /// <summary>The exported model in ONNX Runtime.</summary>
    public const string Onnx = "onnx";

    /// <summary>All of them, in the order in which a sequence of work meets them.</summary>
    public static IReadOnlyList<string> All { get; } = [Mechanism, Pipeline, Onnx];

    internal static int Order(string stage) => All.TakeWhile(other => other != stage).Count();
}
