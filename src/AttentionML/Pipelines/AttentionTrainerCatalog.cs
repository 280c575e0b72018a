using AttentionML.Mechanisms;
using AttentionML.Models;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Attention among the trainers of ML.NET.</summary>
public static class AttentionTrainerCatalog
{
    extension(MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog)
    {
        /// <summary>A trainer that tells several classes apart; adds Score, a probability for each class, and PredictedLabel, a key.</summary>
        /// <param name="options">The settings; the label is a key.</param>
        /// <exception cref="ArgumentException">A setting is out of its range.</exception>
        public AttentionTrainer Attention(AttentionTrainerOptions options)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentNullException.ThrowIfNull(options);
            return new(CatalogEnvironment.Of(catalog), options, PredictionKind.Multiclass);
        }

        /// <inheritdoc cref="Attention(MulticlassClassificationCatalog.MulticlassClassificationTrainers, AttentionTrainerOptions)" path="/summary"/>
        /// <param name="labelColumnName">The label, a key.</param>
        /// <param name="featureColumnName">The sequences, L · <paramref name="featureCount"/> values, step after step.</param>
        /// <param name="featureCount">F, the values of one step.</param>
        /// <param name="mechanism">The mechanism; null, the default, is softmax.</param>
        public AttentionTrainer Attention(
            string labelColumnName = "Label", string featureColumnName = "Features", int featureCount = 1, AttentionMechanism? mechanism = null) =>
            catalog.Attention(Simple(labelColumnName, featureColumnName, featureCount, mechanism));
    }

    extension(BinaryClassificationCatalog.BinaryClassificationTrainers catalog)
    {
        /// <summary>A trainer for yes or no; adds Score, the log-odds of yes, Probability, and PredictedLabel, a Boolean.</summary>
        /// <param name="options">The settings; the label is Boolean.</param>
        /// <exception cref="ArgumentException">A setting is out of its range.</exception>
        public AttentionTrainer Attention(AttentionTrainerOptions options)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentNullException.ThrowIfNull(options);
            return new(CatalogEnvironment.Of(catalog), options, PredictionKind.Binary);
        }

        /// <inheritdoc cref="Attention(BinaryClassificationCatalog.BinaryClassificationTrainers, AttentionTrainerOptions)" path="/summary"/>
        /// <param name="labelColumnName">The label, Boolean.</param>
        /// <param name="featureColumnName">The sequences, L · <paramref name="featureCount"/> values, step after step.</param>
        /// <param name="featureCount">F, the values of one step.</param>
        /// <param name="mechanism">The mechanism; null, the default, is softmax.</param>
        public AttentionTrainer Attention(
            string labelColumnName = "Label", string featureColumnName = "Features", int featureCount = 1, AttentionMechanism? mechanism = null) =>
            catalog.Attention(Simple(labelColumnName, featureColumnName, featureCount, mechanism));
    }

    extension(RegressionCatalog.RegressionTrainers catalog)
    {
        /// <summary>A trainer for one number or several, such as the steps ahead of a series; adds Score, of the label's type.</summary>
        /// <param name="options">The settings; the label is a Single or a vector of Single of fixed size.</param>
        /// <exception cref="ArgumentException">A setting is out of its range.</exception>
        public AttentionTrainer Attention(AttentionTrainerOptions options)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentNullException.ThrowIfNull(options);
            return new(CatalogEnvironment.Of(catalog), options, PredictionKind.Regression);
        }

        /// <inheritdoc cref="Attention(RegressionCatalog.RegressionTrainers, AttentionTrainerOptions)" path="/summary"/>
        /// <param name="labelColumnName">The label, a Single or a vector of Single of fixed size.</param>
        /// <param name="featureColumnName">The sequences, L · <paramref name="featureCount"/> values, step after step.</param>
        /// <param name="featureCount">F, the values of one step.</param>
        /// <param name="mechanism">The mechanism; null, the default, is softmax.</param>
        public AttentionTrainer Attention(
            string labelColumnName = "Label", string featureColumnName = "Features", int featureCount = 1, AttentionMechanism? mechanism = null) =>
            catalog.Attention(Simple(labelColumnName, featureColumnName, featureCount, mechanism));
    }

    private static AttentionTrainerOptions Simple(string label, string features, int featureCount, AttentionMechanism? mechanism) => new()
    {
        LabelColumnName = label,
        FeatureColumnName = features,
        Model = new AttentionModelOptions { FeatureCount = featureCount, Mechanism = mechanism ?? AttentionMechanism.Softmax },
    };
}
