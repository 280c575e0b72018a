namespace AttentionML.Comparison;

/// <summary>How well a pipeline does what it is for.</summary>
/// <param name="Name">What is measured, such as <c>accuracy</c>.</param>
/// <param name="Value">The value over all test rows.</param>
/// <param name="Format">How a report writes it, a .NET format: <c>0.0 %</c> for a part, <c>0.0000</c> for an error.</param>
public sealed record TaskMetric(string Name, double Value, string Format = "0.0000");
