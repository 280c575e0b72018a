namespace AttentionML.Export;

/// <summary>The open sizes of one comparison.</summary>
/// <param name="BatchSize">N, sequences.</param>
/// <param name="Length">L, queries.</param>
/// <param name="KeyLength">S, keys and values.</param>
internal readonly record struct ParityShape(int BatchSize, int Length, int KeyLength);
