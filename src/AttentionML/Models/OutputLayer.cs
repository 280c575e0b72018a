using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>From encodings to outputs, in the units of the labels.</summary>
internal sealed class OutputLayer(int width, ModelOutputs outputs)
{
    private const string Mean = "head.mean";
    private const string Deviation = "head.deviation";
    private readonly LinearLayer _linear = new("head", width, outputs.Count);

    /// <summary>The weights that hold the mean and standard deviation of the training labels.</summary>
    public static (string Mean, string Deviation) TrainingStatistics => (Mean, Deviation);

    public IEnumerable<ModelWeight> Weights => outputs.AreScaled
        ?
        [
            .. _linear.Weights,
            new(Mean, [outputs.Count], new WeightStart.Constant(0), IsTrained: false),
            new(Deviation, [outputs.Count], new WeightStart.Constant(1), IsTrained: false),
        ]
        : _linear.Weights;

    public T Apply<T>(T x, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var output = _linear.Apply(x, pass);
        return outputs.AreScaled ? output * pass.Weight(Deviation) + pass.Weight(Mean) : output;
    }
}
