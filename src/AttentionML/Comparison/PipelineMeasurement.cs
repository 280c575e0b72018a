using AttentionML.Measuring;

namespace AttentionML.Comparison;

/// <summary>One pipeline of a comparison.</summary>
/// <param name="Name">The mechanisms in it; the name of its last stage where it has none.</param>
/// <param name="Metric">How well it does what it is for; null where no metric was given or is known.</param>
/// <param name="RowsPerSecond">Test rows a second of processor time.</param>
/// <param name="Speedup">How many times as many rows a second as the first pipeline.</param>
/// <param name="PeakMemoryBytes">The memory at the worst moment of scoring all test rows, beyond what the process holds before; null where the system cannot tell.</param>
/// <param name="Parameters">The trained numbers of its attention models.</param>
/// <param name="Timing">The time of scoring all test rows.</param>
public sealed record PipelineMeasurement(
    string Name, TaskMetric? Metric, double RowsPerSecond, double Speedup, long? PeakMemoryBytes, long Parameters, Timing Timing);
