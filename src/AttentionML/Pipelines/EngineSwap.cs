using AttentionML.Export;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Chooses what computes the scores of transformers that exist.</summary>
public static class EngineSwap
{
    extension(ITransformer transformer)
    {
        /// <summary>The same pipeline, with the same weights, computed by another engine.</summary>
        /// <param name="engine">The engine. It is saved with the pipeline, and never changed for another.</param>
        /// <remarks>Every trained attention stage of a chain, at any depth, takes the engine; every other stage is shared with this pipeline.</remarks>
        /// <exception cref="ArgumentException">The pipeline has no trained attention stage.</exception>
        /// <exception cref="NotSupportedException">The engine cannot compute a stage, or not on the device of its model.</exception>
        /// <exception cref="OnnxParityException">The engine gives other numbers than torch.</exception>
        public ITransformer WithEngine(ScoringEngine engine)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            var swapped = StageSwap.Change(transformer, stage => stage switch
            {
                AttentionPredictionTransformer prediction => prediction.WithEngine(engine),
                AttentionTransformer or AttentionFeaturesTransformer when engine != ScoringEngine.Torch => throw new NotSupportedException(
                    $"{stage.GetType().Name} is computed by {nameof(ScoringEngine)}.{nameof(ScoringEngine.Torch)} alone; {engine} computes trained predictions."),
                _ => stage,
            });
            return !ReferenceEquals(swapped, transformer) ? swapped : throw new ArgumentException(
                $"There is no trained attention stage in this pipeline ({StageSwap.Describe(transformer)}); its engine cannot be chosen.");
        }
    }
}
