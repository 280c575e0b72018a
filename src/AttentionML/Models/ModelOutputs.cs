namespace AttentionML.Models;

/// <summary>What a model's head gives.</summary>
/// <param name="Count">O, the numbers for a sequence or, without pooling, for a step.</param>
/// <param name="AreScaled">
/// Whether the numbers are quantities, which the head brings from mean 0 and standard deviation 1 to those of the training labels. The
/// default is false: they are log-odds.
/// </param>
public readonly record struct ModelOutputs(int Count, bool AreScaled = false);
