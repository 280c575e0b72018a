using AttentionML.Measuring;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Onnx;

namespace AttentionML.Benchmarks;

/// <summary>One model at one length, scored in three ways on the same rows.</summary>
internal sealed class ScoringCase : IDisposable
{
    private const int Steps = 32768;
    private readonly MLContext _ml = new(1);
    private readonly List<IDisposable> _owned = [];
    private readonly float[][] _rows;
    private readonly string _output;
    private VBuffer<float> _read;

    /// <param name="model">The model.</param>
    /// <param name="path">Its file.</param>
    /// <param name="length">The steps of every row.</param>
    public ScoringCase(ScoredModel model, string path, int length)
    {
        _output = model.Output;
        var random = new Random(1);
        _rows = [.. Enumerable.Range(0, Math.Max(64, Steps / length)).Select(_ => Random(random, length * model.Width))];
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[0].ColumnName = Own(new InferenceSession(path)).InputNames[0];
        schema[0].ColumnType = new VectorDataViewType(NumberDataViewType.Single, length * model.Width);
        var view = _ml.Data.LoadFromEnumerable(_rows.Select(row => new Row { Features = row }).ToArray(), schema);

        Variants =
        [
            new("ApplyOnnxModel", Read(RowByRow(path, view, schema[0].ColumnName, length, model.Width))),
            new("ApplyOnnxSequenceModel", Read(Batched(path, view))),
            .. DirectBatches.Select(batch => new MeasuredVariant(
                $"direct, {batch} rows", Own(new DirectRun(path, _rows, length, model.Width, Math.Min(batch, _rows.Length), model.Output)).Run)),
        ];
    }

    /// <summary>The rows of a batch where ONNX Runtime is called directly.</summary>
    public static IReadOnlyList<int> DirectBatches { get; } = [1, 8, 64, 256];

    /// <summary>The rows that a call of a variant scores.</summary>
    public int RowCount => _rows.Length;

    /// <summary>ML.NET's transform, ours, and ONNX Runtime by hand.</summary>
    public IReadOnlyList<MeasuredVariant> Variants { get; }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(owned => owned.Dispose());

    private IDataView RowByRow(string path, IDataView view, string input, int length, int width)
    {
        var shapes = new Dictionary<string, int[]> { [input] = [1, length, width] };
        if (_output == "attention")
        {
            shapes[_output] = [1, length, width];
        }

        return _ml.Transforms.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = path,
            InputColumns = [input],
            OutputColumns = [_output],
            ShapeDictionary = shapes,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
        }).Fit(view).Transform(view);
    }

    private IDataView Batched(string path, IDataView view) => Own(_ml.Transforms
        .ApplyOnnxSequenceModel(new OnnxSequenceModelOptions { ModelFile = path, Outputs = [_output] }).Fit(view)).Transform(view);

    private Action Read(IDataView view) => () =>
    {
        var column = view.Schema[_output];
        using var cursor = view.GetRowCursor([column]);
        var read = cursor.GetGetter<VBuffer<float>>(column);
        while (cursor.MoveNext())
        {
            read(ref _read);
        }
    };

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private static float[] Random(Random random, int count)
    {
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        return values;
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
