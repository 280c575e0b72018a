using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>
/// A cursor that reads some rows ahead, as many as may be scored together, and hands them out one by one, in their order.
/// </summary>
/// <remarks>Owns the source cursor and the window.</remarks>
internal sealed class LookAheadCursor : DataViewRowCursor
{
    private readonly SequenceBindings _bindings;
    private readonly DataViewRowCursor _source;
    private readonly ValueGetter<DataViewRowId> _sourceId;
    private readonly ScoringWindow _window;
    private readonly bool[] _isActive;
    private readonly PassThroughColumn?[] _passed;
    private readonly List<(long Position, long Batch, DataViewRowId Id)> _rows = [];
    private int _place = -1;
    private bool _isDone;

    /// <param name="bindings">The scorer, and where its columns are.</param>
    /// <param name="source">The source's cursor, with the dependencies of <paramref name="columns"/> active.</param>
    /// <param name="columns">The active columns.</param>
    /// <param name="budget">The working memory of one window, in bytes.</param>
    public LookAheadCursor(
        SequenceBindings bindings, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> columns, double budget)
    {
        _bindings = bindings;
        _source = source;
        _sourceId = source.GetIdGetter();
        _window = new ScoringWindow(bindings, source, budget);
        _isActive = bindings.Flags(columns);
        _passed = [.. bindings.Input.Select(column => _isActive[column.Index] ? PassThroughColumn.Make(source, column) : null)];
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _bindings.Schema;

    /// <inheritdoc/>
    public override long Position => _place < 0 ? -1 : _rows[_place].Position;

    /// <inheritdoc/>
    public override long Batch => _place < 0 ? 0 : _rows[_place].Batch;

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (_isDone)
        {
            return false;
        }

        if (++_place < _rows.Count || Fill())
        {
            return true;
        }

        _isDone = true;
        _place = -1;
        return false;
    }

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _isActive[SequenceRow.Require(Schema, column)];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _rows[Place()].Id;

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        SequenceRow.RequireActive(this, column);
        var output = _bindings.OutputOf(column.Index);
        var getter = output < 0
            ? _passed[column.Index]!.MakeGetter(Place) // Active columns are kept.
            : _bindings.MakeGetter(output, source => _window.Read(source, Place()));
        return SequenceRow.As<TValue>(getter, column);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            (_isDone, _place) = (true, -1);
            _window.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Fill()
    {
        _rows.Clear();
        _window.Clear();
        _place = 0;
        while (!_window.IsFull && (_window.IsHoldingBack || _source.MoveNext()) && _window.TryAdd())
        {
            foreach (var column in _passed)
            {
                column?.Store(_rows.Count);
            }

            var id = default(DataViewRowId);
            _sourceId(ref id);
            _rows.Add((_source.Position, _source.Batch, id));
        }

        return _rows.Count > 0;
    }

    private int Place() => _place >= 0
        ? _place
        : throw new InvalidOperationException("There is no row here: call MoveNext first, and read only while it answers true.");
}
