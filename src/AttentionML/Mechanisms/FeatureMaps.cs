namespace AttentionML.Mechanisms;

/// <summary>The built-in feature maps, element by element; D = d for each.</summary>
public static class FeatureMaps
{
    /// <summary>max(x, 0). A query without a positive element is dead: its output is zero.</summary>
    public static FeatureMap Relu { get; } = new ReluFeatureMap();

    /// <summary>elu(x) + 1: x + 1 above 0, eˣ below, and so greater than 0 everywhere.</summary>
    public static FeatureMap Elu { get; } = new EluFeatureMap();

    /// <summary>max(x, 0) + 0.001: relu that no query can leave dead (Choromanski et al. 2021 add the same constant).</summary>
    public static FeatureMap ReluPositive { get; } = new ReluPositiveFeatureMap();

    private sealed class ReluFeatureMap : FeatureMap
    {
        public override string Name => "relu";

        public override bool IsStrictlyPositive => false;

        public override T Map<T>(T x) => x.Relu();
    }

    private sealed class EluFeatureMap : FeatureMap
    {
        public override string Name => "elu";

        public override bool IsStrictlyPositive => true;

        // Not elu(x) + 1 as it is written: eˣ − 1 + 1 cancels to exactly 0 from x = −18 on in single precision.
        public override T Map<T>(T x) => x.AtMost(0).Exp() + x.Relu();
    }

    private sealed class ReluPositiveFeatureMap : FeatureMap
    {
        public override string Name => "relu-positive";

        public override bool IsStrictlyPositive => true;

        public override T Map<T>(T x) => x.Relu() + 1e-3;
    }
}
