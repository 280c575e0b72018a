using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>A convolution along the sequence, normalised and activated: GELU(LayerNorm(x * W + b)).</summary>
internal sealed class ConvolutionLayer(string name, int inputs, int outputs, int length)
{
    private readonly NormLayer _norm = new($"{name}.norm", outputs);

    public IEnumerable<ModelWeight> Weights =>
    [
        new($"{name}.weight", [outputs, inputs, length], new WeightStart.Glorot(inputs * length, outputs * length)),
        new($"{name}.bias", [outputs], new WeightStart.Constant(0)),
        .. _norm.Weights,
    ];

    /// <summary>[N, L, inputs] → [N, L, outputs]; padding is hidden first, as what lies beyond an end is.</summary>
    public T Apply<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var output = pass.Hide(steps).Convolve(pass.Weight($"{name}.weight"), pass.Weight($"{name}.bias"));
        return _norm.Apply(output, pass).Gelu();
    }
}
