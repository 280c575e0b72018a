using AttentionML.Export;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Chooses what computes the attention of transformers that exist.</summary>
public static class EngineSwap
{
    extension(ITransformer transformer)
    {
        /// <summary>The same pipeline, with the same weights, computed by another engine.</summary>
        /// <param name="engine">The engine. It is saved with the pipeline, and never changed for another.</param>
        /// <remarks>Every attention stage of a chain, at any depth, takes the engine; every other stage is shared with this pipeline.</remarks>
        /// <exception cref="ArgumentException">The pipeline has no attention stage.</exception>
        /// <exception cref="NotSupportedException">The engine does not compute on the device of a stage.</exception>
        /// <exception cref="ParityException">The engine gives other numbers than torch.</exception>
        public ITransformer WithEngine(ScoringEngine engine)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            var swapped = StageSwap.Change(transformer, stage => stage switch
            {
                AttentionPredictionTransformer prediction => prediction.WithEngine(engine),
                AttentionTransformer attention => attention.WithEngine(engine),
                AttentionFeaturesTransformer features => features.WithEngine(engine),
                _ => stage,
            });
            return !ReferenceEquals(swapped, transformer) ? swapped : throw new ArgumentException(
                $"There is no attention stage in this pipeline ({StageSwap.Describe(transformer)}); its engine cannot be chosen.");
        }
    }
}
