using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Comparison;

/// <summary>
/// An ML.NET pipeline over rows in memory, read through a cursor: a stream long enough for the transform to form its own batches. Rows have
/// their own lengths; the pipeline pads them itself.
/// </summary>
internal sealed class PipelineRun : CellRun
{
    private const string Output = "Attention";
    private const int StepsOfAStream = 8192;
    private readonly IDataView _view;
    private VBuffer<float> _row;

    public PipelineRun(ComparisonCurve curve, ComparisonInputs inputs, ComparisonOptions options)
    {
        var ml = new MLContext(options.Seed);
        if (options.Device != "cpu")
        {
            (ml.GpuDeviceId, ml.FallbackToCpu) = (0, false);
        }

        BatchCount = Math.Max(1, StepsOfAStream / (inputs.BatchSize * inputs.SequenceLength));
        var batch = Rows(inputs);
        var rows = ml.Data.LoadFromEnumerable(Enumerable.Repeat(batch, BatchCount).SelectMany(row => row), Schema(inputs));
        _view = ml.Transforms.Attention(Output, nameof(Row.Queries), nameof(Row.Keys), nameof(Row.Values), new AttentionOptions
        {
            ModelDimension = options.HeadCount * options.HeadDimension,
            HeadCount = options.HeadCount,
            Mechanism = curve.Mechanism,
            Causal = curve.Causal,
        }).Fit(rows).Transform(rows);
    }

    public override int BatchCount { get; }

    public override void Run()
    {
        var column = _view.Schema[Output];
        using var cursor = _view.GetRowCursor([column]);
        var read = cursor.GetGetter<VBuffer<float>>(column);
        while (cursor.MoveNext())
        {
            read(ref _row);
        }
    }

    public override void Dispose()
    {
    }

    private static Row[] Rows(ComparisonInputs inputs)
    {
        var stride = inputs.SequenceLength * inputs.Width;
        return
        [
            .. inputs.Lengths.Select((length, row) => new Row
            {
                Queries = inputs.Queries.AsSpan(row * stride, length * inputs.Width).ToArray(),
                Keys = inputs.Keys.AsSpan(row * stride, length * inputs.Width).ToArray(),
                Values = inputs.Values.AsSpan(row * stride, length * inputs.Width).ToArray(),
            }),
        ];
    }

    private static SchemaDefinition Schema(ComparisonInputs inputs)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        if (!inputs.IsPadded)
        {
            foreach (var column in schema)
            {
                column.ColumnType = new VectorDataViewType(NumberDataViewType.Single, inputs.SequenceLength * inputs.Width);
            }
        }

        return schema;
    }

    private sealed class Row
    {
        public float[] Queries { get; set; } = [];

        public float[] Keys { get; set; } = [];

        public float[] Values { get; set; } = [];
    }
}
