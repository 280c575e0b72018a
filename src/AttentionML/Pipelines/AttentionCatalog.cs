using AttentionML.Models;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Attention among the transforms of ML.NET.</summary>
public static class AttentionCatalog
{
    extension(TransformsCatalog catalog)
    {
        /// <summary>Attends from every step of a sequence to all steps of the same sequence.</summary>
        /// <param name="outputColumnName">
        /// The column to make: a vector of Single with <see cref="AttentionOptions.ModelDimension"/> values for each step of the input, of
        /// fixed size if the input's is.
        /// </param>
        /// <param name="inputColumnName">
        /// The sequence: a vector of Single, fixed or variable in size, of L · <see cref="AttentionOptions.ModelDimension"/> values,
        /// step after step, L ≥ 1. Null takes <paramref name="outputColumnName"/>.
        /// </param>
        /// <param name="options">The settings.</param>
        /// <remarks>
        /// Nothing is learned: queries, keys and values are the input itself. A NaN, ML.NET's missing value, reaches the outputs of its
        /// own row that can see it; an infinite value is refused where the output is read.
        /// </remarks>
        /// <returns>An estimator whose <see cref="AttentionEstimator.Fit"/> reads no rows.</returns>
        /// <exception cref="ArgumentException">A setting is out of its range.</exception>
        /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that is asked for.</exception>
        public AttentionEstimator Attention(string outputColumnName, string? inputColumnName, AttentionOptions options)
        {
            inputColumnName ??= outputColumnName;
            return catalog.Attention(outputColumnName, inputColumnName, inputColumnName, inputColumnName, options);
        }

        /// <summary>Attends from every step of one sequence to the steps of another.</summary>
        /// <param name="outputColumnName">
        /// The column to make: a vector of Single with <see cref="AttentionOptions.HeadCount"/> ·
        /// <see cref="AttentionOptions.ValueDimension"/> values for each step of the queries.
        /// </param>
        /// <param name="queriesColumnName">
        /// The queries: a vector of Single, L · <see cref="AttentionOptions.ModelDimension"/> values, step after step.
        /// </param>
        /// <param name="keysColumnName">
        /// The keys: S · <see cref="AttentionOptions.ModelDimension"/> values; S = L where the attention is causal.
        /// </param>
        /// <param name="valuesColumnName">The values: S · H · <see cref="AttentionOptions.ValueDimension"/> values.</param>
        /// <param name="options">The settings.</param>
        /// <inheritdoc cref="Attention(TransformsCatalog, string, string?, AttentionOptions)" path="/remarks"/>
        /// <returns>An estimator whose <see cref="AttentionEstimator.Fit"/> reads no rows.</returns>
        /// <exception cref="ArgumentException">A setting is out of its range.</exception>
        /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that is asked for.</exception>
        public AttentionEstimator Attention(
            string outputColumnName, string queriesColumnName, string keysColumnName, string valuesColumnName, AttentionOptions options)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
            ArgumentException.ThrowIfNullOrEmpty(queriesColumnName);
            ArgumentException.ThrowIfNullOrEmpty(keysColumnName);
            ArgumentException.ThrowIfNullOrEmpty(valuesColumnName);
            ArgumentNullException.ThrowIfNull(options);
            options.Validate();
            var columns = new AttentionColumns(outputColumnName, queriesColumnName, keysColumnName, valuesColumnName);
            return new AttentionEstimator(CatalogEnvironment.Of(catalog), columns, options);
        }

        /// <summary>The encoding of each sequence by a trained model: a vector for other trainers, such as SDCA or FastTree, to stand on.</summary>
        /// <param name="outputColumnName">
        /// The column to make: a vector of Single, the <see cref="AttentionModelOptions.ModelDimension"/> values in front of the model's head.
        /// </param>
        /// <param name="model">The trained model; its weights are copied.</param>
        /// <param name="inputColumnName">The sequences. Null, the default, takes the column that the model was trained on.</param>
        /// <returns>An estimator whose <see cref="AttentionFeaturesEstimator.Fit"/> reads no rows.</returns>
        public AttentionFeaturesEstimator AttentionFeatures(
            string outputColumnName, AttentionPredictionTransformer model, string? inputColumnName = null)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
            ArgumentNullException.ThrowIfNull(model);
            return AttentionFeaturesEstimator.Of(outputColumnName, model, inputColumnName ?? model.FeatureColumnName);
        }

        /// <summary>The encoding of each sequence by a model that is trained when the pipeline is, on the rows that the pipeline is.</summary>
        /// <param name="outputColumnName">
        /// The column to make: a vector of Single, the <see cref="AttentionModelOptions.ModelDimension"/> values in front of the model's head.
        /// </param>
        /// <param name="trainer">What trains the model; its Score and other columns are not added.</param>
        /// <remarks>
        /// In cross-validation no fold's model sees that fold. Rows that the model has learned by heart look easier than new ones to a trainer
        /// behind it.
        /// </remarks>
        public AttentionFeaturesEstimator AttentionFeatures(string outputColumnName, AttentionTrainer trainer)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
            ArgumentNullException.ThrowIfNull(trainer);
            return AttentionFeaturesEstimator.Of(outputColumnName, trainer);
        }
    }
}
