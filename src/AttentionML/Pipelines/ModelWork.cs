using AttentionML.Mechanisms;
using AttentionML.Models;

namespace AttentionML.Pipelines;

/// <summary>Estimates of the memory that scoring touches, in bytes.</summary>
internal static class ModelWork
{
    /// <summary>What one row of a trained model takes.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="length">The steps of the row.</param>
    public static double Bytes(AttentionModelOptions options, double length)
    {
        var steps = length * Math.Max(4 * options.ModelDimension, options.FeedForwardDimension + options.ModelDimension);
        return sizeof(float) * steps + ScoreBytes(options.Mechanism, options.HeadCount, length, length);
    }

    /// <summary>What the scores of one row take where a mechanism compares every query with every key; 0 where it does not.</summary>
    public static double ScoreBytes(AttentionMechanism mechanism, int headCount, double queries, double keys) =>
        mechanism.CostExponent > 1 ? sizeof(float) * headCount * queries * keys : 0;
}
