namespace AttentionML.Tensors;

/// <summary>What a formula costs, counted from its operations.</summary>
/// <param name="Flops">
/// Floating-point operations: 2·n·k·m for a matrix product, 5 an element for a softmax, 1 an element for everything else that computes.
/// </param>
/// <param name="Bytes">
/// Bytes read and written if every operation goes through memory, 4 an element. A fused form moves less.
/// </param>
public readonly record struct Cost(double Flops, double Bytes)
{
    /// <summary>Both parts added.</summary>
    public static Cost operator +(Cost left, Cost right) => new(left.Flops + right.Flops, left.Bytes + right.Bytes);
}
