using System.Globalization;
using System.Reflection;
using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tests.Pipelines;

/// <summary>What <c>ApplyOnnxSequenceModel</c> gives: what the transformer gives, and what ML.NET's own transform gives row by row.</summary>
public sealed class OnnxSequenceModelTests : IDisposable
{
    // Scores of about 1: the mechanisms' tolerance for one block and the rest.
    private const double Tolerance = 2e-5;

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public static MatrixTheoryData<string, string> PredictionsAndMechanisms => new(TrainedModels.Names, ["softmax", "linear-elu"]);

    public static TheoryData<Type> Elements => [.. SequenceElement.All.Select(element => element.ItemType.RawType)];

    private string ModelPath => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void Transform_OfRowsOfDifferentLengths_GivesTheTransformersScores(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        model.ExportOnnx(ModelPath);
        var rows = Rows(TrainedModels.Sequences);

        AssertClose(Scores(model.Transform(rows)), Scores(Apply(ModelPath).Transform(rows)));
    }

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void Transform_PaddedUnderAMask_GivesTheTransformersScores(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        model.ExportOnnx(ModelPath, new() { Masked = true });
        var rows = Rows(TrainedModels.Sequences);
        using var padded = Apply(ModelPath, maskInput: "mask");

        Assert.True(padded.Scorer.Pads);
        AssertClose(Scores(model.Transform(rows)), Scores(padded.Transform(rows)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30_000)]
    [InlineData(1 << 24)]
    public void Transform_InBatchesOfAnySize_GivesWhatApplyOnnxModelGives(int batchBytes)
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(ModelPath);
        var rows = Rows([.. Waves.Rows(300, seed: 9).Select(row => row.Features)]);
        var expected = _ml.Transforms.ApplyOnnxModel(new OnnxOptions { ModelFile = ModelPath, InputColumns = ["Features"], OutputColumns = ["Score", "PredictedLabel"] }).Fit(rows).Transform(rows);

        var actual = Apply(new() { ModelFile = ModelPath, BatchBytes = batchBytes }).Transform(rows);

        AssertClose(Scores(expected), Scores(actual));
        Assert.Equal(expected.GetColumn<long[]>("PredictedLabel"), actual.GetColumn<long[]>("PredictedLabel"));
    }

    [Fact]
    public void Transform_OfColumnsOfFixedSizeUnderAnOpenLength_GivesVectorsOfFixedSize()
    {
        AttentionMechanism.LinearElu.ExportOnnx(ModelPath, new AttentionOnnxOptions { HeadCount = 2, HeadDimension = 3, SelfAttention = true });
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[0].ColumnName = "features";
        schema[0].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 42);
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(seed => new Row { Features = Numbers(42, seed) }), schema);

        var view = Apply(ModelPath).Transform(rows);

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 7, 6), view.Schema["attention"].Type);
        Assert.Equal(20, view.GetColumn<float[]>("attention").Count(row => row.Length == 42));
    }

    [Fact]
    public void Transform_WithOneOutputPerStep_CutsThePaddingOff()
    {
        AttentionMechanism.Softmax.ExportOnnx(ModelPath, new AttentionOnnxOptions { HeadCount = 1, HeadDimension = 2, SelfAttention = true, Masked = true });
        float[][] sequences = [.. new[] { 5, 1, 9, 7, 2, 8 }.Select(length => Numbers(length * 2, length))];
        using var model = Apply(new() { ModelFile = ModelPath, MaskInput = "mask", Columns = new Dictionary<string, string> { ["features"] = "Features" } });
        var expected = _ml.Transforms.Attention("attention", "Features", new AttentionOptions { ModelDimension = 2 }).Fit(Rows(sequences)).Transform(Rows(sequences));

        var actual = model.Transform(Rows(sequences));

        Assert.True(model.Scorer.Pads);
        AssertClose(expected.GetColumn<float[]>("attention"), actual.GetColumn<float[]>("attention"));
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Transform_OfAnyElementType_PassesItThrough(Type type) => GetType()
        .GetMethod(nameof(PassThrough), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(type) // below
        .Invoke(this, null);

    [Fact]
    public void Transform_OfSeveralInputsWithTwoOpenAxes_TellsOneByTheOther()
    {
        // x: [n], a: [n, m]; y = x · a: [m]
        new SmallOnnx()
            .Input("x", ElementType.Float, "batch", "1", "n").Input("a", ElementType.Float, "batch", "n", "m")
            .Node("MatMul", ["x", "a"], "y").Output("y", ElementType.Float, "batch", "1", "m").Write(ModelPath);
        var rows = _ml.Data.LoadFromEnumerable(new Pair[]
        {
            new() { X = [1, 2], A = [1, 2, 3, 4, 5, 6] },
            new() { X = [1, 2, 3], A = [1, 2, 3] },
            new() { X = [1, 2], A = [0, 1, 0, 1, 0, 1] },
        });

        var actual = Apply(ModelPath).Transform(rows).GetColumn<float[]>("y");

        Assert.Equal([[9, 12, 15], [14], [2, 1, 2]], actual);
    }

    [Fact]
    public void Transform_OfInputsThatDoNotGoTogether_NamesTheRow()
    {
        new SmallOnnx()
            .Input("x", ElementType.Float, "batch", "n").Input("a", ElementType.Float, "batch", "n", "2")
            .Node("Identity", ["a"], "b").Node("Identity", ["x"], "y").Output("y", ElementType.Float, "batch", "n").Output("b", ElementType.Float, "batch", "n", "2").Write(ModelPath);
        var rows = _ml.Data.LoadFromEnumerable(new Pair[] { new() { X = [1], A = [1, 2] }, new() { X = [1], A = [1, 2, 3, 4] } });

        var error = Assert.ThrowsAny<Exception>(() => Apply(ModelPath).Transform(rows).GetColumn<float[]>("b").ToList()).GetBaseException();

        Assert.Equal("Row 1: 4 values do not fit the model's input 'a', which is [batch, n, 2] with n = 1.", error.Message);
    }

    [Fact]
    public void Transform_OfScalars_GivesScalars()
    {
        new SmallOnnx().Input("x", ElementType.Float, "batch").Input("z", ElementType.Float, "batch", "1")
            .Node("Neg", ["x"], "y").Node("Neg", ["z"], "w").Output("y", ElementType.Float, "batch").Output("w", ElementType.Float, "batch", "1").Write(ModelPath);
        var rows = _ml.Data.LoadFromEnumerable(new Scalars[] { new() { X = 1, Z = 2 }, new() { X = 3, Z = float.NaN }, new() { X = float.PositiveInfinity, Z = 4 } });

        var view = Apply(ModelPath).Transform(rows);

        Assert.Equal([-1, -3, float.NegativeInfinity], view.GetColumn<float>("y"));
        Assert.Equal([[-2], [float.NaN], [-4]], view.GetColumn<float[]>("w"));
    }

    [Fact]
    public void Transform_OfOneColumnForSeveralInputs_FeedsThemAll()
    {
        AttentionMechanism.Softmax.ExportOnnx(ModelPath, new AttentionOnnxOptions { HeadCount = 1, HeadDimension = 2 });
        var columns = new[] { "queries", "keys", "values" }.ToDictionary(name => name, _ => "Features");
        var rows = Rows([Numbers(8, 1), Numbers(4, 2), Numbers(8, 3)]);
        var expected = _ml.Transforms.Attention("attention", "Features", new AttentionOptions { ModelDimension = 2 }).Fit(rows).Transform(rows);

        var actual = Apply(new() { ModelFile = ModelPath, Columns = columns }).Transform(rows);

        AssertClose(expected.GetColumn<float[]>("attention"), actual.GetColumn<float[]>("attention"));
    }

    [Fact]
    public void Transform_OfAnOutputWithoutRows_SaysSo()
    {
        new SmallOnnx().Input("x", ElementType.Float, "batch", "n")
            .Node("Concat", ["x", "x"], "y", SmallOnnx.Number("axis", 1)).Node("Concat", ["y", "y", "y"], "z", SmallOnnx.Number("axis", 0))
            .Output("z", ElementType.Float, "", "").Write(ModelPath);

        var error = Assert.ThrowsAny<Exception>(() => Apply(ModelPath).Transform(Rows([[1, 2], [3, 4]], "x")).GetColumn<float[]>("z").ToList()).GetBaseException();

        Assert.Contains("'z' is [6, 4] for a batch of 2 rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_OfATransformThatNeedsTheOutputsShape_Fits()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(ModelPath);
        var rows = Rows(TrainedModels.Sequences);
        var pipeline = _ml.Transforms.ApplyOnnxSequenceModel(ModelPath).Append(_ml.Transforms.NormalizeMinMax("Score")).Append(_ml.Transforms.Conversion.ConvertType("PredictedLabel"));

        var view = pipeline.Fit(rows).Transform(rows);

        Assert.Equal(TrainedModels.Sequences.Length, view.GetColumn<float[]>("Score").Count(score => score.Length == 3));
    }

    [Fact]
    public void Predict_RowByRow_GivesWhatTransformGives()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).ExportOnnx(ModelPath, new() { Masked = true });
        var rows = Rows(TrainedModels.Sequences);
        using var model = Apply(ModelPath, maskInput: "mask");
        using var engine = _ml.Model.CreatePredictionEngine<Row, Scored>(model);

        AssertClose(Scores(model.Transform(rows)), TrainedModels.Sequences.Select(sequence => engine.Predict(new() { Features = sequence }).Score));
    }

    [Fact]
    public async Task Transform_OnManyThreads_GivesTheSame()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(ModelPath);
        var rows = Rows([.. Waves.Rows(200, seed: 9).Select(row => row.Features)]);
        using var model = Apply(new() { ModelFile = ModelPath, BatchBytes = 100_000 });
        var expected = Scores(model.Transform(rows)).ToList();

        var reads = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Scores(model.Transform(rows)).ToList())));

        Assert.All(reads, read => AssertClose(expected, read));
    }

    [Fact]
    public void Transform_Cancelled_Ends()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(ModelPath);
        using var stop = new CancellationTokenSource();
        using var model = Apply(new() { ModelFile = ModelPath, BatchBytes = 1, CancellationToken = stop.Token });
        var view = model.Transform(Rows(TrainedModels.Sequences));
        using var cursor = view.GetRowCursor(view.Schema);
        var read = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> score = default;
        Assert.True(cursor.MoveNext());
        read(ref score);

        stop.Cancel();

        Assert.True(cursor.MoveNext());
        Assert.Throws<OperationCanceledException>(() => read(ref score));
    }

    [Fact]
    public void WorkingBytes_OfSoftmaxAndLinear_GrowWithTheSquareAndTheLength()
    {
        Assert.InRange(Growth(AttentionMechanism.Softmax), 3.5, 4.1);
        Assert.InRange(Growth(AttentionMechanism.LinearElu), 1.9, 2.1);

        double Growth(AttentionMechanism mechanism)
        {
            mechanism.ExportOnnx(ModelPath, new AttentionOnnxOptions { HeadCount = 1, HeadDimension = 8, SelfAttention = true });
            using var model = Apply(ModelPath);
            return model.Scorer.WorkingBytes([1024]) / model.Scorer.WorkingBytes([512]);
        }
    }

    [Fact]
    public void Transform_ReadsAhead_AsManyRowsAsFit()
    {
        AttentionMechanism.Softmax.ExportOnnx(ModelPath, new AttentionOnnxOptions { HeadCount = 1, HeadDimension = 8, SelfAttention = true });
        using var model = Apply(ModelPath);

        // [L, L] in and out of the softmax, single precision.
        Assert.Equal(2 * 4 * 512 * 512, model.Scorer.WorkingBytes([512]), 0.1 * 2 * 4 * 512 * 512);
    }

    private void PassThrough<T>()
        where T : unmanaged
    {
        var onnx = OnnxType(typeof(T).Name);
        new SmallOnnx().Input("x", onnx, "batch", "length").Node("Concat", ["x", "x"], "y", SmallOnnx.Number("axis", 1)).Output("y", onnx, "batch", "twice").Write(ModelPath);
        var (zero, one) = (default(T), (T)Convert.ChangeType(1, typeof(T), CultureInfo.InvariantCulture));
        T[][] values = [[one, zero, one], [zero], [one, one, zero]];
        var rows = _ml.Data.LoadFromEnumerable(values.Select(row => new Typed<T> { X = row }));

        var view = Apply(ModelPath).Transform(rows);

        Assert.Equal(typeof(T), ((VectorDataViewType)view.Schema["y"].Type).ItemType.RawType);
        Assert.Equal(values.Select(row => row.Concat(row)), view.GetColumn<T[]>("y"));
    }

    private static ElementType OnnxType(string name) => name switch
    {
        nameof(Single) => ElementType.Float,
        nameof(Boolean) => ElementType.Bool,
        nameof(Byte) => (ElementType)2,
        nameof(SByte) => (ElementType)3,
        nameof(UInt16) => (ElementType)4,
        nameof(Int16) => (ElementType)5,
        nameof(UInt32) => (ElementType)12,
        nameof(UInt64) => (ElementType)13,
        _ => Enum.Parse<ElementType>(name),
    };

    private OnnxSequenceModelTransformer Apply(string path, string? maskInput = null) => Apply(new() { ModelFile = path, MaskInput = maskInput });

    private OnnxSequenceModelTransformer Apply(OnnxSequenceModelOptions options) => OnnxSequenceModelTransformer.Open(_ml, options);

    private IDataView Rows(float[][] sequences, string name = "Features")
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[0].ColumnName = name;
        return _ml.Data.LoadFromEnumerable(sequences.Select(sequence => new Row { Features = sequence }).ToArray(), schema);
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static IEnumerable<float[]> Scores(IDataView view) => view.Schema["Score"].Type is VectorDataViewType
        ? view.GetColumn<float[]>("Score")
        : view.GetColumn<float>("Score").Select(score => new[] { score });

    private static void AssertClose(IEnumerable<float[]> expected, IEnumerable<float[]> actual)
    {
        var (one, other) = (expected.ToList(), actual.ToList());
        Assert.Equal(one.Select(row => row.Length), other.Select(row => row.Length));
        var largest = Math.Max(1, one.SelectMany(row => row).Max(Math.Abs));
        Assert.All(one.Zip(other), row => Assert.All(
            row.First.Zip(row.Second), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / largest, 0, Tolerance)));
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Typed<T>
    {
        [ColumnName("x")]
        public T[] X { get; set; } = [];
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class Pair
    {
        [ColumnName("x")]
        public float[] X { get; set; } = [];

        [ColumnName("a")]
        public float[] A { get; set; } = [];
    }

    private sealed class Scalars
    {
        [ColumnName("x")]
        public float X { get; set; }

        [ColumnName("z")]
        public float Z { get; set; }
    }
}
