using AttentionML.Models;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>Keeps a copy of the weights of the epoch with the best validation metric.</summary>
/// <param name="model">The model whose weights are kept.</param>
internal sealed class BestWeights(AttentionModel model) : IDisposable
{
    private readonly List<Tensor> _weights = [];
    private double _metric = double.NegativeInfinity;
    private int _epoch;

    /// <summary>Keeps the weights if the metric is the best so far.</summary>
    /// <param name="epoch">The epoch that ended.</param>
    /// <param name="metric">Its metric; more is better.</param>
    /// <returns>The epochs since the best one.</returns>
    public int Offer(int epoch, double metric)
    {
        if (metric > _metric)
        {
            Dispose();
            _weights.AddRange(model.TrainedWeights.Select(weight => weight.detach().clone().DetachFromDisposeScope()));
            (_metric, _epoch) = (metric, epoch);
        }

        return epoch - _epoch;
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
