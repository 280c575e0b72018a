namespace AttentionML.Plans;

/// <summary>What a plan is made for.</summary>
/// <param name="BatchSize">N, sequences.</param>
/// <param name="Length">L, steps of each.</param>
/// <param name="IsMasked">Whether there is a mask.</param>
internal readonly record struct PlanShape(int BatchSize, int Length, bool IsMasked = false);
