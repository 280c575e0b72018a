namespace AttentionML.Fused;

/// <summary>How a sum of features becomes a number to divide by.</summary>
/// <param name="Added">What is added to it.</param>
/// <param name="Floor">What it is raised to where it is less.</param>
internal readonly record struct LinearDenominator(float Added, float Floor)
{
    /// <summary>The guarded sums; NaN stays.</summary>
    public V Guard<V>(V sums)
        where V : struct, IVector<V>
    {
        var (raised, floor) = (sums + V.Create(Added), V.Create(Floor));
        return V.WhereAtMost(raised, floor, floor, raised);
    }

    /// <summary>Whether a guarded sum still follows the sum, or stands at the floor and has no slope.</summary>
    public bool Follows(float guarded) => !(guarded <= Floor);
}
