using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>A pipeline with some of its stages changed.</summary>
/// <remarks>
/// What cannot be kept are the scopes of a chain, which ML.NET does not show: every stage of the new chain belongs to all of them.
/// </remarks>
internal static class StageSwap
{
    /// <summary>The pipeline with every stage, at any depth, changed or shared; the same object where none is changed.</summary>
    /// <param name="transformer">The pipeline.</param>
    /// <param name="change">Gives back another stage, or the same one.</param>
    public static ITransformer Change(ITransformer transformer, Func<ITransformer, ITransformer> change)
    {
        if (transformer is not IEnumerable<ITransformer> chain)
        {
            return change(transformer);
        }

        ITransformer[] stages = [.. chain];
        ITransformer[] changed = Array.ConvertAll(stages, stage => Change(stage, change));
        return changed.Zip(stages).All(pair => ReferenceEquals(pair.First, pair.Second)) ? transformer : new TransformerChain<ITransformer>(changed);
    }

    /// <summary>The stages of a pipeline, at any depth.</summary>
    public static IEnumerable<ITransformer> Stages(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Stages) : [transformer];

    /// <summary>The stages of a pipeline, for messages.</summary>
    public static string Describe(ITransformer transformer) => transformer is IEnumerable<ITransformer> chain
        ? string.Join(" → ", chain.Select(Describe))
        : transformer.GetType().Name;
}
