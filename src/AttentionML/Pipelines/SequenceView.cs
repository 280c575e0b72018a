using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>A view with a scorer's outputs behind the columns of its source. Nothing is computed until an output is read.</summary>
internal sealed class SequenceView(SequenceBindings bindings, IDataView source, double budget) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema => bindings.Schema;

    /// <inheritdoc/>
    public bool CanShuffle => source.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return Wrap(source.GetRowCursor(bindings.Dependencies(columns), rand), columns);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return [.. source.GetRowCursorSet(bindings.Dependencies(columns), n, rand).Select(cursor => Wrap(cursor, columns))];
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, DataViewSchema.Column[] columns) => bindings.NeedsScores(columns)
        ? new LookAheadCursor(bindings, cursor, columns, budget)
        : new PassThroughCursor(bindings, cursor, bindings.Flags(columns));
}
