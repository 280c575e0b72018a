using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Scores row by row, for prediction engines.</summary>
internal sealed class SequenceRowMapper(SequenceBindings bindings) : IRowToRowMapper
{
    /// <inheritdoc/>
    public DataViewSchema InputSchema => bindings.Input;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => bindings.Schema;

    /// <inheritdoc/>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        bindings.Dependencies([.. dependingColumns]);

    /// <inheritdoc/>
    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        return ReferenceEquals(input.Schema, InputSchema)
            ? new SequenceRow(bindings, input, [.. activeColumns])
            : throw new ArgumentException("The row does not have the schema that this mapper was made for.", nameof(input));
    }
}
