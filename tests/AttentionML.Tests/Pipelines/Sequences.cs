using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace AttentionML.Tests.Pipelines;

/// <summary>Rows of sequences for the tests, and the attention of one row computed on its own.</summary>
internal static class Sequences
{
    public static Row[] Random(int width, params int[] lengths) => Random(width, width, lengths);

    public static Row[] Random(int width, int valueWidth, int[] lengths)
    {
        var random = new Random(42);
        return [.. lengths.Select((length, i) => new Row
        {
            Queries = Values(random, length * width),
            Keys = Values(random, length * width),
            Values = Values(random, length * valueWidth),
            Number = i,
            Text = $"row {i}",
            Label = i % 3 == 0,
        })];
    }

    /// <summary>A view whose vectors have the size of the first row's, or any size.</summary>
    public static IDataView View(MLContext ml, IEnumerable<Row> rows, bool isFixed = false)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        if (isFixed)
        {
            var first = rows.First();
            schema[nameof(Row.Queries)].ColumnType = Vector(first.Queries.Length);
            schema[nameof(Row.Keys)].ColumnType = Vector(first.Keys.Length);
            schema[nameof(Row.Values)].ColumnType = Vector(first.Values.Length);
        }

        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    public static float[] Attend(
        AttentionMechanism mechanism, int headCount, float[] queries, float[] keys, float[] values, int width, bool causal = false)
    {
        TorchRuntime.Initialize();
        using var scope = torch.NewDisposeScope();
        var stepCount = keys.Length / width;
        var output = mechanism.Attend(
            Heads(queries, width, headCount), Heads(keys, width, headCount), Heads(values, values.Length / stepCount, headCount),
            new(Causal: causal)).MergeHeads(headCount);
        return output.Value.contiguous().data<float>().ToArray();
    }

    public static float[][] Read(IDataView view, string column = "Output") => [.. view.GetColumn<float[]>(view.Schema[column])];

    public static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = Math.Max(1, expected.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max());
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance * scale);
        }
    }

    private static VectorDataViewType Vector(int size) => new(NumberDataViewType.Single, size);

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1);
        }

        return values;
    }

    private static TorchTensor Heads(float[] values, int width, int headCount) =>
        new TorchTensor(torch.tensor(values).view(1, -1, width)).SplitHeads(headCount);

    internal sealed class Row
    {
        public float[] Queries { get; set; } = [];

        public float[] Keys { get; set; } = [];

        public float[] Values { get; set; } = [];

        public float Number { get; set; }

        public string Text { get; set; } = "";

        public bool Label { get; set; }
    }
}
