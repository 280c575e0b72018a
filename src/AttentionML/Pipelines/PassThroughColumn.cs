using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Keeps what a column of the source holds in the rows of a look-ahead window.</summary>
internal abstract class PassThroughColumn
{
    private static readonly MethodInfo OfVectors = Generic(nameof(MakeVectors));
    private static readonly MethodInfo OfScalars = Generic(nameof(MakeScalars));

    /// <summary>Finds the place of the current row in the window.</summary>
    public delegate int Place();

    /// <summary>Keeps the value of the source's row.</summary>
    /// <param name="row">The row's place in the window.</param>
    public abstract void Store(int row);

    /// <summary>Makes the <see cref="ValueGetter{TValue}"/> of the column's type.</summary>
    /// <param name="place">Finds the place of the current row.</param>
    public abstract Delegate MakeGetter(Place place);

    /// <summary>Makes the store for a column of any type.</summary>
    /// <param name="source">The source.</param>
    /// <param name="column">Its column, which is active.</param>
    public static PassThroughColumn Make(DataViewRow source, DataViewSchema.Column column)
    {
        var make = column.Type is VectorDataViewType vector
            ? OfVectors.MakeGenericMethod(vector.ItemType.RawType)
            : OfScalars.MakeGenericMethod(column.Type.RawType);
        return make.CreateDelegate<Func<DataViewRow, DataViewSchema.Column, PassThroughColumn>>()(source, column);
    }

    private static Vectors<T> MakeVectors<T>(DataViewRow source, DataViewSchema.Column column) =>
        new(source.GetGetter<VBuffer<T>>(column));

    private static Scalars<T> MakeScalars<T>(DataViewRow source, DataViewSchema.Column column) => new(source.GetGetter<T>(column));

    private static MethodInfo Generic(string name) =>
        typeof(PassThroughColumn).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!; // Both are above.

    private sealed class Vectors<T>(ValueGetter<VBuffer<T>> getter) : PassThroughColumn
    {
        private VBuffer<T>[] _values = [];

        public override void Store(int row)
        {
            Grow(ref _values, row);
            getter(ref _values[row]);
        }

        public override Delegate MakeGetter(Place place) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[place()].CopyTo(ref value));
    }

    private sealed class Scalars<T>(ValueGetter<T> getter) : PassThroughColumn
    {
        // The value itself was read before there was a choice: ML.NET's scalars are values or immutable.
        private T[] _values = [];

        public override void Store(int row)
        {
            Grow(ref _values, row);
            getter(ref _values[row]);
        }

        public override Delegate MakeGetter(Place place) => (ValueGetter<T>)((ref T value) => value = _values[place()]);
    }

    private static void Grow<T>(ref T[] values, int row)
    {
        if (row >= values.Length)
        {
            Array.Resize(ref values, Math.Max(16, 2 * row));
        }
    }
}
