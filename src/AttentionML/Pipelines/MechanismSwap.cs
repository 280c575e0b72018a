using AttentionML.Export;
using AttentionML.Mechanisms;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Swaps the attention mechanism of transformers that exist.</summary>
public static class MechanismSwap
{
    extension(ITransformer transformer)
    {
        /// <summary>The same pipeline, with the same weights, under another attention mechanism.</summary>
        /// <param name="mechanism">The mechanism.</param>
        /// <remarks>
        /// Every attention stage of a chain, at any depth, takes the mechanism; every other stage is shared with this pipeline, not copied, and each
        /// keeps its scope. What cannot be kept is the type of the last stage: the chain is one of <see cref="ITransformer"/>. Another mechanism is another
        /// function: measure what it does to the accuracy, and train on from these weights with
        /// <see cref="AttentionTrainer.Fit(IDataView, IDataView?, AttentionPredictionTransformer?)"/>.
        /// </remarks>
        /// <exception cref="ArgumentException">The pipeline has no attention stage.</exception>
        /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of a stage.</exception>
        /// <exception cref="ParityException">The engine of a stage gives other numbers with it than torch.</exception>
        public ITransformer WithMechanism(AttentionMechanism mechanism)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            ArgumentNullException.ThrowIfNull(mechanism);
            var swapped = StageSwap.Change(transformer, stage => stage switch
            {
                AttentionTransformer attention => attention.WithMechanism(mechanism),
                AttentionPredictionTransformer prediction => prediction.WithMechanism(mechanism),
                AttentionFeaturesTransformer features => features.WithMechanism(mechanism),
                _ => stage,
            });
            return !ReferenceEquals(swapped, transformer) ? swapped : throw new ArgumentException(
                $"There is no attention stage in this pipeline ({StageSwap.Describe(transformer)}); its mechanism cannot be swapped.");
        }
    }
}
