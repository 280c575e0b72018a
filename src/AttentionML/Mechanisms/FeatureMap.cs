using AttentionML.Fused;
using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

/// <summary>φ of linear attention: turns queries and keys into features whose inner products are the weights.</summary>
/// <remarks>A map that works element by element is a <see cref="PointwiseFeatureMap{TFunction}"/>, which has a fused form; any other runs as formula.</remarks>
public abstract class FeatureMap
{
    /// <summary>The name, which follows <c>linear-</c> in the mechanism's name.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Whether every feature is greater than 0 for every input. Where it is not, a query can have no weight for any key; its output is
    /// zero then.
    /// </summary>
    public abstract bool IsStrictlyPositive { get; }

    /// <summary>φ(x), along the last axis; never negative.</summary>
    /// <param name="x">Queries or keys, […, d].</param>
    /// <returns>Features, […, D].</returns>
    public abstract T Map<T>(T x)
        where T : struct, ITensorValue<T>;

    // Null where there is none: the mechanism then runs its formula.
    internal virtual FusedLinear? FusedWith(LinearDenominator denominator) => null;
}
