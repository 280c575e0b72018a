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
    }
}
