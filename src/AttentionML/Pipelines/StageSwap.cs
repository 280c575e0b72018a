using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>A pipeline with some of its stages changed.</summary>
internal static class StageSwap
{
    /// <summary>The pipeline with every stage, at any depth, changed or shared, each in its scope; the same object where none is changed.</summary>
    /// <param name="transformer">The pipeline.</param>
    /// <param name="change">Gives back another stage, or the same one.</param>
    public static ITransformer Change(ITransformer transformer, Func<ITransformer, ITransformer> change)
    {
        if (Chain(transformer) is not { } chain)
        {
            return change(transformer);
        }

        ITransformer[] stages = [.. chain];
        ITransformer[] changed = Array.ConvertAll(stages, stage => Change(stage, change));
        return changed.Zip(stages).All(pair => ReferenceEquals(pair.First, pair.Second))
            ? transformer
            : new TransformerChain<ITransformer>(changed, CatalogEnvironment.ScopesOf(transformer));
    }

    /// <summary>The stages of a pipeline, at any depth.</summary>
    public static IEnumerable<ITransformer> Stages(ITransformer transformer) =>
        Chain(transformer)?.SelectMany(Stages) ?? [transformer];

    /// <summary>The stages of a pipeline, for messages.</summary>
    public static string Describe(ITransformer transformer) => Chain(transformer) is { } chain
        ? string.Join(" → ", chain.Select(Describe))
        : transformer.GetType().Name;

    // Its stages; null where it is none.
    private static IEnumerable<ITransformer>? Chain(ITransformer transformer) =>
        transformer.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TransformerChain<>)
            ? (IEnumerable<ITransformer>)transformer
            : null;
}
