using AttentionML.Models;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>Keeps a copy of the weights of the epoch with the best validation metric.</summary>
/// <param name="model">The model whose weights are kept.</param>
internal sealed class BestWeights(AttentionModel model) : IDisposable
{
    private readonly List<Tensor> _weights = [];

    /// <summary>The best metric, more being better; null before the first.</summary>
    public double? Metric { get; private set; }

    /// <summary>The epoch that it is of, counted from 0.</summary>
    public int Epoch { get; private set; }

    /// <summary>The weights that are kept, in the order of <see cref="AttentionModel.TrainedWeights"/>; none before the first metric.</summary>
    public IReadOnlyList<Tensor> Weights => _weights;

    /// <summary>Keeps the weights if the metric is the best so far.</summary>
    /// <param name="epoch">The epoch that ended.</param>
    /// <param name="metric">Its metric; more is better.</param>
    /// <returns>The epochs since the best one.</returns>
    public int Offer(int epoch, double metric)
    {
        if (Metric is not { } best || metric > best || (double.IsNaN(best) && !double.IsNaN(metric)))
        {
            Keep(epoch, metric, model.TrainedWeights);
        }

        return epoch - Epoch;
    }

    /// <summary>Keeps copies of weights.</summary>
    /// <param name="epoch">The epoch that they are of.</param>
    /// <param name="metric">Its metric.</param>
    /// <param name="weights">The weights.</param>
    public void Keep(int epoch, double metric, IEnumerable<Tensor> weights)
    {
        Dispose();
        _weights.AddRange(weights.Select(weight => weight.detach().clone().DetachFromDisposeScope()));
        (Metric, Epoch) = (metric, epoch);
    }

    /// <summary>Writes the kept weights back, if there are any.</summary>
    public void Restore()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var (weight, kept) in model.TrainedWeights.Zip(_weights))
        {
            weight.copy_(kept);
        }
    }

    /// <summary>Frees the copy.</summary>
    public void Dispose()
    {
        foreach (var weight in _weights)
        {
            weight.Dispose();
        }

        _weights.Clear();
    }
}
