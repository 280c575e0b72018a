using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Makes an <see cref="AttentionFeaturesTransformer"/>, from a model that is trained or from one to train.</summary>
public sealed class AttentionFeaturesEstimator : IEstimator<AttentionFeaturesTransformer>
{
    private readonly string _outputColumnName;
    private readonly Func<IDataView, AttentionFeaturesTransformer> _fit;
    private readonly Action<SchemaShape> _check;

    private AttentionFeaturesEstimator(string outputColumnName, Func<IDataView, AttentionFeaturesTransformer> fit, Action<SchemaShape> check) =>
        (_outputColumnName, _fit, _check) = (outputColumnName, fit, check);

    /// <summary>Makes the transformer. A model to train is trained on every row; for one that is trained no row is read.</summary>
    /// <param name="input">The rows.</param>
    /// <exception cref="ArgumentException">A column is missing, is of another type, or has a size that does not fit.</exception>
    /// <inheritdoc cref="AttentionTrainer.Fit(IDataView)" path="/exception"/>
    public AttentionFeaturesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _fit(input);
    }

    /// <summary>The schema after the transform: a vector of Single of fixed size is added.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _check(inputSchema);
        return SchemaShapeColumn.AddVector(inputSchema, _outputColumnName, isFixed: true);
    }

    internal static AttentionFeaturesEstimator Of(string outputColumnName, AttentionPredictionTransformer model, string inputColumnName)
    {
        var input = SequenceInput.Of(inputColumnName, model.Model.Options);
        return new(outputColumnName, Make, shape => SequenceColumnCheck.Require(input, shape));

        AttentionFeaturesTransformer Make(IDataView rows)
        {
            var transformer = new AttentionFeaturesTransformer(
                outputColumnName, inputColumnName, model.Options.BatchBytes, model.Model.With(model.Model.Options));
            transformer.GetOutputSchema(rows.Schema);
            return transformer;
        }
    }

    internal static AttentionFeaturesEstimator Of(string outputColumnName, AttentionTrainer trainer)
    {
        return new(outputColumnName, Make, shape => trainer.GetOutputSchema(shape));

        AttentionFeaturesTransformer Make(IDataView rows)
        {
            var model = trainer.Fit(rows); // lives on in the transformer
            return new(outputColumnName, model.FeatureColumnName, model.Options.BatchBytes, model.Model);
        }
    }
}
