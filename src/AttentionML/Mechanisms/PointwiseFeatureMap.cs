using AttentionML.Fused;

namespace AttentionML.Mechanisms;

/// <summary>
/// A feature map that works element by element, D = d, written over the scalar algebra. From that one text come torch, ONNX, cost and the
/// fused form, with its derivative.
/// </summary>
/// <param name="name">The name, which follows <c>linear-</c> in the mechanism's name.</param>
/// <param name="isStrictlyPositive">Whether <typeparamref name="TFunction"/> is greater than 0 everywhere.</param>
/// <typeparam name="TFunction">The function, never negative.</typeparam>
public sealed class PointwiseFeatureMap<TFunction>(string name, bool isStrictlyPositive) : FeatureMap
    where TFunction : struct, IPointwiseFunction
{
    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    public override bool IsStrictlyPositive { get; } = isStrictlyPositive;

    /// <inheritdoc/>
    public override T Map<T>(T x) => TFunction.Apply(x);

    internal override FusedLinear FusedWith(LinearDenominator denominator) => new FusedLinear<TFunction>(denominator);
}
