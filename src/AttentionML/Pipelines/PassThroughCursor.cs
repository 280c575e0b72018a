using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>The cursor where no output is read: the source's rows under this view's schema, with nothing read ahead.</summary>
/// <remarks>Owns the source cursor.</remarks>
internal sealed class PassThroughCursor(SequenceBindings bindings, DataViewRowCursor source, bool[] isActive) : DataViewRowCursor
{
    /// <inheritdoc/>
    public override DataViewSchema Schema => bindings.Schema;

    /// <inheritdoc/>
    public override long Position => source.Position;

    /// <inheritdoc/>
    public override long Batch => source.Batch;

    /// <inheritdoc/>
    public override bool MoveNext() => source.MoveNext();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => isActive[SequenceRow.Require(Schema, column)];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        SequenceRow.RequireActive(this, column);
        return source.GetGetter<TValue>(bindings.Input[column.Index]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
