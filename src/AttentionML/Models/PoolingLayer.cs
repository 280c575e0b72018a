using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>From the steps of a sequence to one vector: a sum with weights that add up to 1.</summary>
internal sealed class PoolingLayer(AttentionModelOptions options)
{
    private const string Past = "pooling.past";
    private readonly LinearLayer _scores = new("pooling.scores", options.ModelDimension, 1);

    public IEnumerable<ModelWeight> Weights => options.Pooling == SequencePooling.Attention ? _scores.Weights : [];

    /// <summary>What it keeps of the past: the sum of the encodings, or the first of them.</summary>
    public IEnumerable<ModelState> States => options.Pooling is SequencePooling.Mean or SequencePooling.First
        ? [new(Past, [1, options.ModelDimension])]
        : [];

    /// <summary>[N, L, D] → [N, D].</summary>
    public T Apply<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var pooled = options.Pooling == SequencePooling.Mean
            ? Mean(steps, pass)
            : StepWeights(steps, pass).Transpose().MatMul(pass.Hide(steps));                   // [N, 1, D]
        return (options.Pooling == SequencePooling.First ? AddPast(pooled, pass) : pooled).Reshape(0, steps.Width);
    }

    private static T Mean<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => pass.Memory is { } memory
            ? AddPast(steps.Sum(1), pass) / (pass.Counts(steps).Sum(1) + memory.StepsBefore)   // [N, 1, D]
            : pass.Mean(steps);

    private static T AddPast<T>(T sum, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        if (pass.Memory is { } memory)
        {
            sum += memory.Recall(Past);
            memory.Keep(Past, sum);
        }

        return sum;
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
            ? pass.Memory is { } memory ? before + memory.StepsBefore : before
            : counts.Sum(1) + (before + counts) * -1; // those behind
        return counts * (others.AtMost(1) * -1 + 1);
    }
}
