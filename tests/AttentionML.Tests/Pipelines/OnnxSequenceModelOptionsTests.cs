using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tests.Pipelines;

/// <summary>What is said of models and columns that cannot be scored in batches.</summary>
public sealed class OnnxSequenceModelOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string ModelPath => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ApplyOnnxSequenceModel_ModelWithoutABatchAxis_NamesTheInput()
    {
        Identity("1", "16", "8");

        Assert.Contains("input 'x' is [1, 16, 8]: its first axis has to be open", Refused(new() { ModelFile = ModelPath }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_ScalarInput_NamesIt()
    {
        new SmallOnnx().Input("x", ElementType.Float, "batch", "2").Input("factor", ElementType.Float)
            .Node("Mul", ["x", "factor"], "y").Output("y", ElementType.Float, "batch", "2").Write(ModelPath);

        Assert.Contains("'factor' is []", Refused(new() { ModelFile = ModelPath }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_BatchTwiceInAShape_IsRefused()
    {
        Identity("batch", "batch");

        Assert.Contains("occurs twice", Refused(new() { ModelFile = ModelPath }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_TextInput_SaysWhatCanBe()
    {
        new SmallOnnx().Input("x", (ElementType)8, "batch", "2").Node("Identity", ["x"], "y").Output("y", (ElementType)8, "batch", "2").Write(ModelPath);

        Assert.Contains("'x' holds String; a column can be had for Float, Double", Refused(new() { ModelFile = ModelPath }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_TwoOpenAxesThatNothingTells_AsksForDimensions()
    {
        Identity("batch", "n", "");

        Assert.Contains("how large 'n' and 'x[2]' are cannot be told", Refused(new() { ModelFile = ModelPath }), StringComparison.Ordinal);
        var given = Fit(new() { ModelFile = ModelPath, Outputs = ["y"], Dimensions = new Dictionary<string, int> { ["x[2]"] = 3 } }, [1, 2, 3, 4, 5, 6], [7, 8, 9]);
        Assert.Equal([[1, 2, 3, 4, 5, 6], [7, 8, 9]], given);
    }

    [Theory]
    [InlineData("k", 3, "no such open axis behind the batch; it has n")]
    [InlineData("n", 0, "must be greater than 0")]
    public void ApplyOnnxSequenceModel_WrongDimension_NamesIt(string name, int size, string message)
    {
        Identity("batch", "n");

        Assert.Contains(message, Refused(new() { ModelFile = ModelPath, Dimensions = new Dictionary<string, int> { [name] = size } }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_UnknownNames_ListsThoseThereAre()
    {
        Identity("batch", "n");

        Assert.Contains("no output 'z'; it has y", Refused(new() { ModelFile = ModelPath, Outputs = ["z"] }), StringComparison.Ordinal);
        Assert.Contains("no input 'mask'; it has x", Refused(new() { ModelFile = ModelPath, MaskInput = "mask" }), StringComparison.Ordinal);
        Assert.Contains("Columns names 'q'", Refused(new() { ModelFile = ModelPath, Columns = new Dictionary<string, string> { ["q"] = "Features" } }), StringComparison.Ordinal);
        Assert.Contains("one of each", Refused(new() { ModelFile = ModelPath, MaskInput = "x" }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_MaskOfAnotherShape_IsRefused()
    {
        new SmallOnnx().Input("x", ElementType.Float, "batch", "n").Input("wide", ElementType.Float, "batch", "n", "2").Input("other", ElementType.Float, "batch", "k")
            .Node("Identity", ["x"], "y").Output("y", ElementType.Float, "batch", "n").Write(ModelPath);

        Assert.Contains("a mask has one open axis", Refused(new() { ModelFile = ModelPath, MaskInput = "wide" }), StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_FilesThatAreNoModels_SaysWhy()
    {
        File.WriteAllText(ModelPath, "no model");

        Assert.Throws<InvalidDataException>(() => _ml.Transforms.ApplyOnnxSequenceModel(ModelPath));
        Assert.Throws<FileNotFoundException>(() => _ml.Transforms.ApplyOnnxSequenceModel(_folder.File("missing.onnx")));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ApplyOnnxSequenceModel(new OnnxSequenceModelOptions { ModelFile = ModelPath, Threads = 0 }));
        Assert.Throws<ArgumentException>(() => _ml.Transforms.ApplyOnnxSequenceModel(""));
    }

    [Fact]
    public void Fit_ColumnsThatDoNotFit_SaysWhatIsNeeded()
    {
        new SmallOnnx().Input("tokens", ElementType.Int64, "batch", "4").Node("Identity", ["tokens"], "y").Output("y", ElementType.Int64, "batch", "4").Write(ModelPath);
        var estimator = _ml.Transforms.ApplyOnnxSequenceModel(ModelPath);

        Assert.Contains("no column 'tokens'; it has to be a vector of Int64, 4 values a step", Message(() => estimator.Fit(View(new Floats()))), StringComparison.Ordinal);
        Assert.Contains("is Vector<Single>; it has to be a vector of Int64", Message(() => estimator.Fit(_ml.Transforms.CopyColumns("tokens", "Features").Fit(View(new Floats())).Transform(View(new Floats())))), StringComparison.Ordinal);
        Assert.Contains("8 values do not fit the model's input 'tokens', which is [batch, 4]", Message(() => estimator.Fit(View(new Longs()))), StringComparison.Ordinal);

        static string Message(Action fit) => Assert.ThrowsAny<ArgumentException>(fit).Message;
    }

    [Fact]
    public void ConfigureOnnxSessions_OfAContext_HasASayInItsSessions()
    {
        Identity("batch", "n");
        var configured = 0;
        _ml.ConfigureOnnxSessions(settings =>
        {
            Assert.Equal(3, settings.IntraOpNumThreads);
            configured++;
        });

        _ml.Transforms.ApplyOnnxSequenceModel(new OnnxSequenceModelOptions { ModelFile = ModelPath, Threads = 3 });

        Assert.Equal(1, configured);
    }

    [Fact]
    public void ApplyOnnxSequenceModel_DeviceThatIsNotThere_ThrowsOrFallsBackAloud()
    {
        Identity("batch", "n");
        var messages = new List<string>();
        var strict = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };
        var lenient = new MLContext { GpuDeviceId = 0, FallbackToCpu = true };
        lenient.Log += (_, e) => messages.Add(e.Message);

        var error = Assert.Throws<InvalidOperationException>(() => strict.Transforms.ApplyOnnxSequenceModel(ModelPath));
        lenient.Transforms.ApplyOnnxSequenceModel(ModelPath);

        Assert.Contains("GpuDeviceId 0 was asked for, and this ONNX Runtime has no CUDA", error.Message, StringComparison.Ordinal);
        Assert.Contains(messages, message => message.Contains("The CPU computes instead", StringComparison.Ordinal));
    }

    private void Identity(params string[] axes) =>
        new SmallOnnx().Input("x", ElementType.Float, axes).Node("Identity", ["x"], "y").Output("y", ElementType.Float, axes).Write(ModelPath);

    private string Refused(OnnxSequenceModelOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.ApplyOnnxSequenceModel(options)).Message;

    private IEnumerable<float[]> Fit(OnnxSequenceModelOptions options, params float[][] rows)
    {
        var view = View([.. rows.Select(row => new Any { X = row })]);
        return _ml.Transforms.ApplyOnnxSequenceModel(options).Fit(view).Transform(view).GetColumn<float[]>("y");
    }

    private IDataView View<T>(params T[] rows)
        where T : class => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Any
    {
        [ColumnName("x")]
        public float[] X { get; set; } = [];
    }

    private sealed class Floats
    {
        public float[] Features { get; set; } = [1, 2, 3, 4];
    }

    private sealed class Longs
    {
        [ColumnName("tokens")]
        [VectorType(8)]
        public long[] Tokens { get; set; } = new long[8];
    }
}
