namespace AttentionML.Tensors;

/// <summary>Adds up what the operations on <see cref="CostTensor"/> cost. For one thread.</summary>
public sealed class CostMeter
{
    /// <summary>The cost of everything so far.</summary>
    public Cost Total { get; private set; }

    internal void Add(Cost cost) => Total += cost;
}
