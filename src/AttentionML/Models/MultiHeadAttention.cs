using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>
/// Self-attention in H heads with projections before and after (Vaswani et al. 2017, section 3.2.2, https://arxiv.org/abs/1706.03762).
/// </summary>
internal sealed class MultiHeadAttention(string name, AttentionModelOptions options)
{
    private readonly LinearLayer _queries = new($"{name}.queries", options.ModelDimension, options.ModelDimension);
    private readonly LinearLayer _keys = new($"{name}.keys", options.ModelDimension, options.ModelDimension);
    private readonly LinearLayer _values = new($"{name}.values", options.ModelDimension, options.ModelDimension);
    private readonly LinearLayer _output = new($"{name}.output", options.ModelDimension, options.ModelDimension);

    public IEnumerable<ModelWeight> Weights => [.. _queries.Weights, .. _keys.Weights, .. _values.Weights, .. _output.Weights];

    /// <summary>What it keeps of the past; for a mechanism that can take a sequence piece by piece.</summary>
    public IEnumerable<ModelState> States => Memory.States;

    private AttentionMemory Memory => field ??= new(
        $"{name}.", (IStreamingAttention)options.Mechanism, options.HeadCount, options.HeadDimension, options.HeadDimension);

    /// <summary>[N, L, D] → [N, L, D].</summary>
    public T Apply<T>(T x, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var queries = _queries.Apply(x, pass).SplitHeads(options.HeadCount);   // [N, H, L, d]
        var keys = _keys.Apply(x, pass).SplitHeads(options.HeadCount);         // [N, H, L, d]
        var values = _values.Apply(x, pass).SplitHeads(options.HeadCount);     // [N, H, L, d]
        if (options.Positions == PositionEncoding.Rotary)
        {
            (queries, keys) = (RotaryPositions.Turn(queries, pass), RotaryPositions.Turn(keys, pass));
        }

        var inputs = new AttentionInputs<T>(pass.Visible, options.Causal);
        pass.AttentionWeights?.Add(options.Mechanism.AttentionWeights(queries, keys, inputs));
        var context = pass.Memory is { } memory ? Memory.Attend(queries, keys, values, memory)
            : pass.ByFormula ? options.Mechanism.AttendByFormula(queries, keys, values, inputs)
            : options.Mechanism.Attend(queries, keys, values, inputs);                 // [N, H, L, d]
        return _output.Apply(context.MergeHeads(options.HeadCount), pass);     // [N, L, D]
    }
}
