namespace AttentionML.Measuring;

/// <summary>Something to be timed beside others that do the same job.</summary>
/// <param name="Name">What progress and messages call it.</param>
/// <param name="Run">One call, complete when it returns; it frees what it makes.</param>
public sealed record MeasuredVariant(string Name, Action Run);
