using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Comparison;

/// <summary>The stages of a trained pipeline.</summary>
internal static class PipelineStages
{
    /// <summary>Every stage, those of chains within chains too, in order.</summary>
    public static IEnumerable<ITransformer> Of(ITransformer pipeline) =>
        pipeline is IEnumerable<ITransformer> chain ? chain.SelectMany(Of) : [pipeline];

    /// <summary>The attention mechanism of a stage; null where it has none.</summary>
    public static string? MechanismOf(ITransformer stage) => stage switch
    {
        AttentionTransformer attention => attention.Options.Mechanism.Name,
        AttentionPredictionTransformer prediction => prediction.Model.Options.Mechanism.Name,
        _ => null,
    };
}
