namespace AttentionML.Onnx;

/// <summary>One operation.</summary>
/// <param name="Operator">The ai.onnx operator.</param>
/// <param name="Inputs">What it takes, in the operator's order.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(string Operator, OnnxValue[] Inputs, OnnxAttribute[] Attributes)
{
    /// <summary>The same text for equal nodes of one graph, and for no others.</summary>
    public override string ToString() =>
        $"{Operator}({string.Join(", ", Inputs.Select(input => input.Number))}; {string.Join(", ", Attributes)})";
}
