namespace AttentionML.Onnx;

/// <summary>One operation.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Inputs">What it takes, in the operator's order.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(string Operator, OnnxValue[] Inputs, OnnxAttribute[] Attributes)
{
    /// <summary>The operator's domain; empty, the default, for ai.onnx.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Results behind the first one that the operator gives and nobody takes. The default is none.</summary>
    public int UnusedResults { get; init; }

    /// <summary>The same text for equal nodes of one graph, and for no others.</summary>
    public override string ToString() =>
        $"{Domain}.{Operator}({string.Join(", ", Inputs.Select(input => input.Number))}; {string.Join(", ", Attributes)})";
}
