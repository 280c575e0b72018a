using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>
/// A pre-norm transformer block: x + Attention(LayerNorm(x)), then x + FeedForward(LayerNorm(x)) (Xiong et al. 2020, figure 1b,
/// https://arxiv.org/abs/2002.04745).
/// </summary>
internal sealed class TransformerBlock(string name, AttentionModelOptions options)
{
    private readonly NormLayer _attentionNorm = new($"{name}.attention_norm", options.ModelDimension);
    private readonly MultiHeadAttention _attention = new($"{name}.attention", options);
    private readonly NormLayer _feedForwardNorm = new($"{name}.feed_forward_norm", options.ModelDimension);
    private readonly LinearLayer _expand = new($"{name}.feed_forward.expand", options.ModelDimension, options.FeedForwardDimension);
    private readonly LinearLayer _contract = new($"{name}.feed_forward.contract", options.FeedForwardDimension, options.ModelDimension);

    public IEnumerable<ModelWeight> Weights =>
        [.. _attentionNorm.Weights, .. _attention.Weights, .. _feedForwardNorm.Weights, .. _expand.Weights, .. _contract.Weights];

    public IEnumerable<ModelState> States => _attention.States;

    /// <summary>[N, L, D] → [N, L, D].</summary>
    public T Apply<T>(T x, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        x += pass.Drop(_attention.Apply(_attentionNorm.Apply(x, pass), pass));
        var hidden = _expand.Apply(_feedForwardNorm.Apply(x, pass), pass).Gelu();              // [N, L, FeedForwardDimension]
        return x + pass.Drop(_contract.Apply(pass.Drop(hidden), pass));
    }
}
