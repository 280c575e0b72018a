namespace AttentionML.Models;

/// <summary>What a weight holds before training.</summary>
internal abstract record WeightStart
{
    /// <summary>Every element the same.</summary>
    public sealed record Constant(float Value) : WeightStart;

    /// <summary>Given elements.</summary>
    public sealed record Elements(float[] Values) : WeightStart;

    /// <summary>Normally distributed around 0.</summary>
    public sealed record Normal(double Deviation) : WeightStart;

    /// <summary>Uniform in ±√(6 / (inputs + outputs)) (Glorot and Bengio 2010, eq. 16).</summary>
    public sealed record Glorot(long Inputs, long Outputs) : WeightStart;
}
