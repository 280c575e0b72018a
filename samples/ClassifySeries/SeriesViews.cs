using Microsoft.ML;
using Microsoft.ML.Data;

namespace ClassifySeries;

/// <summary>Rows as ML.NET's data views.</summary>
internal static class SeriesViews
{
    /// <summary>The rows as they are, each of its own length.</summary>
    public static IDataView AsTheyAre(MLContext ml, IEnumerable<SeriesRow> rows) => ml.Data.LoadFromEnumerable(rows);

    /// <summary>The rows as vectors of one size, for trainers that know no sequences: shorter ones end in zeros.</summary>
    public static IDataView Flattened(MLContext ml, IEnumerable<SeriesRow> rows, int size)
    {
        var schema = SchemaDefinition.Create(typeof(SeriesRow));
        schema[nameof(SeriesRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        return ml.Data.LoadFromEnumerable(rows.Select(row => new SeriesRow { Features = Padded(row.Features, size), Label = row.Label }), schema);
    }

    private static float[] Padded(float[] values, int size)
    {
        Array.Resize(ref values, size);
        return values;
    }
}
