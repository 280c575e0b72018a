using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>From the steps of a sequence to one vector: a sum with weights that add up to 1.</summary>
internal sealed class PoolingLayer(AttentionModelOptions options)
{
    private readonly LinearLayer _scores = new("pooling.scores", options.ModelDimension, 1);

    public IEnumerable<ModelWeight> Weights => options.Pooling == SequencePooling.Attention ? _scores.Weights : [];

    /// <summary>[N, L, D] → [N, D].</summary>
    public T Apply<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var pooled = options.Pooling == SequencePooling.Mean
            ? pass.Mean(steps)
            : StepWeights(steps, pass).Transpose().MatMul(pass.Hide(steps));                   // [N, 1, D]
        return pooled.Reshape(0, steps.Width);
    }

    // [N, L, 1]
    private T StepWeights<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        if (options.Pooling == SequencePooling.Attention)
        {
            var scores = _scores.Apply(steps, pass);                                           // [N, L, 1]
            scores = pass.Visible is { } visible ? scores.Where(visible.Reshape(0, -1, 1), -1e30) : scores;
            return scores.Transpose().Softmax().Transpose();
        }

        var counts = pass.Counts(steps);                                                       // [N, L, 1]
        var before = counts.SumBefore(1);
        var others = options.Pooling == SequencePooling.First
            ? before
            : counts.Sum(1) + (before + counts) * -1; // those behind
        return counts * (others.AtMost(1) * -1 + 1);
    }
}
