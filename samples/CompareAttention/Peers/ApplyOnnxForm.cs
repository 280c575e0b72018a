using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A model as a transform of ML.NET over a view of one row: what its users have today.</summary>
internal sealed class ApplyOnnxForm : PreparedForm
{
    private readonly OnnxCall _call;
    private readonly string _folder = Directory.CreateTempSubdirectory("attentionml-peers-").FullName;
    private readonly IDataView _view;
    private readonly OnnxTransformer _transformer;
    private VBuffer<float> _output;

    /// <param name="call">The model; up to three inputs.</param>
    public ApplyOnnxForm(OnnxCall call)
    {
        _call = call;
        var path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, call.Model);
        var ml = new MLContext(1);
        var shapes = call.Inputs.ToDictionary(input => input.Name, _ => Array.ConvertAll(call.InputShape, size => (int)size));
        shapes.Add(call.Output, Array.ConvertAll(call.OutputShape, size => (int)size));
        var rows = Rows(ml, call);
        _transformer = ml.Transforms.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = path,
            InputColumns = [.. call.Inputs.Select(input => input.Name)],
            OutputColumns = [call.Output],
            ShapeDictionary = shapes,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
        }).Fit(rows);
        _view = _transformer.Transform(rows);
    }

    /// <inheritdoc/>
    public override long ResultBytes => sizeof(float) * _call.OutputShape.Aggregate(1L, (product, size) => product * size);

    /// <inheritdoc/>
    public override void Run()
    {
        var column = _view.Schema[_call.Output];
        using var cursor = _view.GetRowCursor([column]);
        var read = cursor.GetGetter<VBuffer<float>>(column);
        while (cursor.MoveNext())
        {
            read(ref _output);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Results()
    {
        Run();
        return [_call.Unpack(_output.DenseValues().ToArray())];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _transformer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Columns are called as the model's inputs are.
    private static IDataView Rows(MLContext ml, OnnxCall call)
    {
        float[] Column(int input) => input < call.Inputs.Count ? call.Inputs[input].Numbers : [];
        var schema = SchemaDefinition.Create(typeof(Row));
        schema.RemoveRange(call.Inputs.Count, schema.Count - call.Inputs.Count);
        foreach (var (column, input) in schema.Zip(call.Inputs))
        {
            (column.ColumnName, column.ColumnType) = (input.Name, new VectorDataViewType(NumberDataViewType.Single, input.Numbers.Length));
        }

        return ml.Data.LoadFromEnumerable([new Row { First = Column(0), Second = Column(1), Third = Column(2) }], schema);
    }

    private sealed class Row
    {
        public float[] First { get; set; } = [];

        public float[] Second { get; set; } = [];

        public float[] Third { get; set; } = [];
    }
}
