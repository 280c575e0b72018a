using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Reads a column of sequences as numbers: a vector of Single as it is, a vector of keys as its tokens, 0 being a missing key.</summary>
internal static class SequenceGetter
{
    /// <summary>The getter of a column.</summary>
    /// <param name="row">The row, with the column active.</param>
    /// <param name="column">The column, of a type that <see cref="SequenceColumnCheck"/> lets pass.</param>
    public static ValueGetter<VBuffer<float>> Of(DataViewRow row, DataViewSchema.Column column)
    {
        var item = ((VectorDataViewType)column.Type).ItemType;
        return item is not KeyDataViewType ? row.GetGetter<VBuffer<float>>(column)
            : item.RawType == typeof(byte) ? OfKeys<byte>(row, column)
            : item.RawType == typeof(ushort) ? OfKeys<ushort>(row, column)
            : item.RawType == typeof(ulong) ? OfKeys<ulong>(row, column)
            : OfKeys<uint>(row, column);
    }

    private static ValueGetter<VBuffer<float>> OfKeys<T>(DataViewRow row, DataViewSchema.Column column)
        where T : struct, INumberBase<T>
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var keys = default(VBuffer<T>);
        return (ref VBuffer<float> values) =>
        {
            getter(ref keys);
            var editor = VBufferEditor.Create(ref values, keys.Length);
            editor.Values.Clear();
            foreach (var (step, key) in keys.Items())
            {
                editor.Values[step] = float.CreateChecked(key); // exact: a vocabulary has at most 2^24 tokens
            }

            values = editor.Commit();
        };
    }
}
