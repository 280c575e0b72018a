using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>x Wᵀ + b over the last axis.</summary>
internal sealed class LinearLayer(string name, int inputs, int outputs)
{
    public IEnumerable<ModelWeight> Weights =>
    [
        new($"{name}.weight", [outputs, inputs], new WeightStart.Glorot(inputs, outputs)),
        new($"{name}.bias", [outputs], new WeightStart.Constant(0)),
    ];

    public T Apply<T>(T x, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => x.Linear(pass.Weight($"{name}.weight"), pass.Weight($"{name}.bias"));
}
