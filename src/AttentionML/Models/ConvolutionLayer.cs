using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>
/// A convolution along the sequence, normalised and activated: GELU(LayerNorm(x * W + b)). In a causal model it looks back only.
/// </summary>
internal sealed class ConvolutionLayer(string name, int inputs, int outputs, int length, bool causal)
{
    private readonly ModelState _before = new($"{name}.before", [length - 1, inputs]);
    private readonly NormLayer _norm = new($"{name}.norm", outputs);

    public IEnumerable<ModelWeight> Weights =>
    [
        new($"{name}.weight", [outputs, inputs, length], new WeightStart.Glorot(inputs * length, outputs * length)),
        new($"{name}.bias", [outputs], new WeightStart.Constant(0)),
        .. _norm.Weights,
    ];

    public IEnumerable<ModelState> States => [_before];

    /// <summary>[N, L, inputs] → [N, L, outputs]; padding is hidden first, as what lies beyond an end is.</summary>
    public T Apply<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        return _norm.Apply(Convolve(pass.Hide(steps), pass), pass).Gelu();
    }

    private T Convolve<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var (kernel, bias) = (pass.Weight($"{name}.weight"), pass.Weight($"{name}.bias"));
        if (!causal)
        {
            return steps.Convolve(kernel, bias);
        }

        var before = pass.Memory?.Recall(_before.Name);
        if (before is { } past)
        {
            pass.Memory!.Keep(_before.Name, steps.SlideOver(past));
        }

        return steps.ConvolvePast(kernel, bias, before);
    }
}
