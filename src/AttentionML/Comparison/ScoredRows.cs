using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Comparison;

/// <summary>Reads one column of a view, and nothing else.</summary>
internal static class ScoredRows
{
    /// <summary>Reads the column of every row.</summary>
    /// <returns>The rows there are.</returns>
    /// <exception cref="ArgumentException">There is no such column, or it holds something else than Singles.</exception>
    public static int Count(IDataView view, string name)
    {
        var column = Column(view, name);
        var rows = 0;
        using var cursor = view.GetRowCursor([column]);
        var read = Reader(cursor, column);
        while (cursor.MoveNext())
        {
            read();
            rows++;
        }

        return rows;
    }

    /// <summary>The mean squared difference of two columns of the same type, over rows and over the numbers of a row.</summary>
    /// <exception cref="ArgumentException">A column is missing, or holds something else than Singles.</exception>
    public static double MeanSquaredError(IDataView view, string label, string score)
    {
        var (labelColumn, scoreColumn) = (Column(view, label), Column(view, score));
        var (sum, count) = (0.0, 0L);
        using var cursor = view.GetRowCursor([labelColumn, scoreColumn]);
        var (readLabel, readScore) = (Reader(cursor, labelColumn), Reader(cursor, scoreColumn));
        while (cursor.MoveNext())
        {
            foreach (var (wanted, given) in readLabel().DenseValues().Zip(readScore().DenseValues()))
            {
                sum += ((double)given - wanted) * ((double)given - wanted);
                count++;
            }
        }

        return sum / count;
    }

    private static DataViewSchema.Column Column(IDataView view, string name) => view.Schema.GetColumnOrNull(name) ?? throw new ArgumentException(
        $"There is no column '{name}' in what a pipeline gives; it has {string.Join(", ", view.Schema.Select(column => column.Name).Distinct())}.");

    private static Func<VBuffer<float>> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var buffer = default(VBuffer<float>);
        if (column.Type is VectorDataViewType { ItemType.RawType: var item } && item == typeof(float))
        {
            var readVector = row.GetGetter<VBuffer<float>>(column);
            return () =>
            {
                readVector(ref buffer);
                return buffer;
            };
        }

        if (column.Type.RawType != typeof(float))
        {
            throw new ArgumentException($"The column '{column.Name}' is {column.Type}; it has to be a Single or a vector of Single.");
        }

        var number = 0f;
        var readNumber = row.GetGetter<float>(column);
        return () =>
        {
            readNumber(ref number);
            var editor = VBufferEditor.Create(ref buffer, 1);
            editor.Values[0] = number;
            return buffer = editor.Commit();
        };
    }
}
