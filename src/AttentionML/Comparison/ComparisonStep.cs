namespace AttentionML.Comparison;

/// <summary>A piece of a comparison.</summary>
/// <param name="Doing">What it does, for progress.</param>
/// <param name="Weight">About how many seconds it takes.</param>
/// <param name="Run">Does it; answers whether the report has grown.</param>
internal sealed record ComparisonStep(string Doing, double Weight, Func<IProgress<double>, CancellationToken, bool> Run);
