using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>One row at a time, as a prediction engine asks for it; scored once a position, when an output is read.</summary>
/// <remarks>Owns the window and the input row.</remarks>
internal sealed class SequenceRow : DataViewRow
{
    private readonly SequenceBindings _bindings;
    private readonly DataViewRow _input;
    private readonly bool[] _isActive;
    private readonly ScoringWindow? _window;
    private long _scoredPosition = -1;

    public SequenceRow(SequenceBindings bindings, DataViewRow input, IReadOnlyCollection<DataViewSchema.Column> columns)
    {
        (_bindings, _input, _isActive) = (bindings, input, bindings.Flags(columns));
        _window = bindings.NeedsScores(columns) ? new ScoringWindow(bindings, input, budget: 0) : null;
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _bindings.Schema;

    /// <inheritdoc/>
    public override long Position => _input.Position;

    /// <inheritdoc/>
    public override long Batch => _input.Batch;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _isActive[Require(Schema, column)];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        RequireActive(this, column);
        var output = _bindings.OutputOf(column.Index);
        return output < 0
            ? _input.GetGetter<TValue>(_bindings.Input[column.Index])
            : As<TValue>(_bindings.MakeGetter(output, Read), column);
    }

    /// <summary>The column's index, if it is one of the schema's.</summary>
    public static int Require(DataViewSchema schema, DataViewSchema.Column column) =>
        column.Index < schema.Count && schema[column.Index].Name == column.Name
            ? column.Index
            : throw new InvalidOperationException($"Column '{column.Name}' with index {column.Index} is not one of this view.");

    /// <summary>Throws unless the column is active.</summary>
    public static void RequireActive(DataViewRow row, DataViewSchema.Column column)
    {
        if (!row.IsColumnActive(column))
        {
            throw new InvalidOperationException(
                $"Column '{column.Name}' was not asked for; name it in the call that makes the cursor or row.");
        }
    }

    /// <summary>The getter as one of the caller's type.</summary>
    public static ValueGetter<TValue> As<TValue>(Delegate getter, DataViewSchema.Column column) =>
        getter as ValueGetter<TValue> ?? throw new InvalidOperationException(
            $"Column '{column.Name}' is {column.Type}; it cannot be read as {typeof(TValue)}, only as {column.Type.RawType}.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _window?.Dispose();
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private ReadOnlySpan<byte> Read(int output)
    {
        var window = _window!; // An active output has one.
        if (_scoredPosition != Position)
        {
            window.Clear();
            window.TryAdd();
            _scoredPosition = Position;
        }

        return window.Read(output, row: 0);
    }
}
