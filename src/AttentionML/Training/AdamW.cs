using AttentionML.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>AdamW (Loshchilov and Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101) over all weights of a model.</summary>
/// <remarks>
/// The same numbers as TorchSharp's, which makes eight <see cref="Scalar"/>s a weight and step, each of which may be finalized while native
/// code still reads it. Here the moments of all weights lie in one tensor, and a step makes eight. Owns the moments.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;
    private const double Epsilon = 1e-8;

    private readonly Parameter[] _weights;
    private readonly double _weightDecay;
    private readonly Tensor _firstMoments;
    private readonly Tensor _secondMoments;
    private readonly Tensor _denominators;
    private readonly (Tensor FirstMoment, Tensor Denominator)[] _views;

    /// <param name="weights">The weights, on one device; not owned.</param>
    /// <param name="weightDecay">λ.</param>
    public AdamW(Parameter[] weights, double weightDecay)
    {
        (_weights, _weightDecay, Count) = (weights, weightDecay, weights.Sum(weight => weight.numel()));
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        Tensor Zeros() => zeros(Count, device: weights[0].device).DetachFromDisposeScope();
        (_firstMoments, _secondMoments, _denominators) = (Zeros(), Zeros(), Zeros());
        _views = new (Tensor, Tensor)[weights.Length];
        long start = 0;
        for (var i = 0; i < weights.Length; start += weights[i++].numel())
        {
            var (at, weight) = (start, weights[i]);
            Tensor View(Tensor all) => all.narrow(0, at, weight.numel()).view(weight.shape).DetachFromDisposeScope();
            _views[i] = (View(_firstMoments), View(_denominators));
        }
    }

    /// <summary>The numbers in all weights together.</summary>
    public long Count { get; }

    /// <summary>Moves the weights against their gradients; one without a gradient only decays.</summary>
    /// <param name="learningRate">The rate.</param>
    /// <param name="step">The steps before this one.</param>
    public void Step(double learningRate, long step)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using Scalar keptOfFirst = FirstDecay, newOfFirst = 1 - FirstDecay, keptOfSecond = SecondDecay, newOfSecond = 1 - SecondDecay;
        using Scalar secondBias = Math.Sqrt(1 - Math.Pow(SecondDecay, step + 1)), epsilon = Epsilon, one = 1; // add_ would make a Scalar of its own
        using Scalar kept = 1 - learningRate * _weightDecay, stepSize = -learningRate / (1 - Math.Pow(FirstDecay, step + 1));

        // [Count]; a mechanism need not use what every weight makes, and then there is no gradient.
        var gradients = cat([.. _weights.Select(weight => weight.grad is { } gradient ? gradient.reshape(-1) : zeros_like(weight).reshape(-1))]);
        _firstMoments.mul_(keptOfFirst).add_(gradients, newOfFirst);
        _secondMoments.mul_(keptOfSecond).addcmul_(gradients, gradients, newOfSecond);
        _denominators.copy_(_secondMoments).sqrt_().div_(secondBias).add_(epsilon, one);
        for (var i = 0; i < _weights.Length; i++)
        {
            _weights[i].mul_(kept).addcdiv_(_views[i].FirstMoment, _views[i].Denominator, stepSize);
        }
    }

    /// <summary>The moments, weight after weight.</summary>
    public (float[] First, float[] Second) Moments() => (AttentionModel.Elements(_firstMoments), AttentionModel.Elements(_secondMoments));

    /// <summary>Replaces the moments.</summary>
    public void Write(float[] first, float[] second)
    {
        using var scope = NewDisposeScope();
        _firstMoments.copy_(tensor(first));
        _secondMoments.copy_(tensor(second));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (first, denominator) in _views)
        {
            first.Dispose();
            denominator.Dispose();
        }

        _firstMoments.Dispose();
        _secondMoments.Dispose();
        _denominators.Dispose();
    }
}
