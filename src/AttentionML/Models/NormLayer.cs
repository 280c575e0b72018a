using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>Layer normalisation over the last axis.</summary>
internal sealed class NormLayer(string name, int width)
{
    public IEnumerable<ModelWeight> Weights =>
    [
        new($"{name}.weight", [width], new WeightStart.Constant(1)),
        new($"{name}.bias", [width], new WeightStart.Constant(0)),
    ];

    public T Apply<T>(T x, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => x.LayerNorm(pass.Weight($"{name}.weight"), pass.Weight($"{name}.bias"));
}
