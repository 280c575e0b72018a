using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Makes an <see cref="OnnxSequenceModelTransformer"/>; there is nothing to learn, so fitting reads no rows.</summary>
public sealed class OnnxSequenceModelEstimator : IEstimator<OnnxSequenceModelTransformer>
{
    private readonly OnnxSequenceModelTransformer _transformer;

    internal OnnxSequenceModelEstimator(OnnxSequenceModelTransformer transformer) => _transformer = transformer;

    /// <summary>The transformer, always the same one.</summary>
    /// <param name="input">Data with the columns to read; its schema is checked, its rows are not read.</param>
    /// <exception cref="ArgumentException">A column is missing, has another type, or a size that does not fit.</exception>
    public OnnxSequenceModelTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _transformer.GetOutputSchema(input.Schema);
        return _transformer;
    }

    /// <summary>The schema after the transform: a column for each output is added.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var scorer = _transformer.Scorer;
        int[] lengths =
        [
            .. scorer.Inputs.Select(input => SequenceColumnCheck.Require(input, inputSchema) == SchemaShape.Column.VectorKind.VariableVector ? 0 : 1),
        ];
        return scorer.GetOutputs(lengths).Aggregate(inputSchema, (shape, output) => SchemaShapeColumn.Add(shape, output.Name, output.Type));
    }
}
