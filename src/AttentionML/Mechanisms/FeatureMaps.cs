using AttentionML.Fused;

namespace AttentionML.Mechanisms;

/// <summary>The built-in feature maps, element by element; D = d for each.</summary>
public static class FeatureMaps
{
    /// <summary>max(x, 0). A query without a positive element is dead: its output is zero.</summary>
    public static FeatureMap Relu { get; } = new PointwiseFeatureMap<ReluFunction>("relu", isStrictlyPositive: false);

    /// <summary>elu(x) + 1: x + 1 above 0, eˣ below, and so greater than 0 everywhere.</summary>
    public static FeatureMap Elu { get; } = new PointwiseFeatureMap<EluFunction>("elu", isStrictlyPositive: true);

    /// <summary>max(x, 0) + 0.001: relu that no query can leave dead (Choromanski et al. 2021 add the same constant).</summary>
    public static FeatureMap ReluPositive { get; } =
        new PointwiseFeatureMap<ReluPositiveFunction>("relu-positive", isStrictlyPositive: true);

    private readonly struct ReluFunction : IPointwiseFunction
    {
        public static T Apply<T>(T x)
            where T : struct, IPointwise<T> => x.Relu();
    }

    private readonly struct EluFunction : IPointwiseFunction
    {
        // Not elu(x) + 1 as it is written: eˣ − 1 + 1 cancels to exactly 0 from x = −18 on in single precision.
        public static T Apply<T>(T x)
            where T : struct, IPointwise<T> => x.AtMost(0).Exp() + x.Relu();
    }

    private readonly struct ReluPositiveFunction : IPointwiseFunction
    {
        public static T Apply<T>(T x)
            where T : struct, IPointwise<T> => x.Relu() + 1e-3;
    }
}
