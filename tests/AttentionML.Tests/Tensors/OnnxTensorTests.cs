using AttentionML.Native;
using AttentionML.Onnx;
using AttentionML.Tensors;
using AttentionML.Tests.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

public class OnnxTensorTests
{
    // Two libraries' exp and their order of summing, on numbers of about 1.
    private const double Tolerance = 1e-6;

    private readonly OnnxGraph _graph = new();

    public OnnxTensorTests() => TorchRuntime.Initialize();

    public static MatrixTheoryData<string, int> OperationsAndLengths => new(
        TensorOperations.Names,
        [1, 5, 8, 13]);

    [Theory]
    [MemberData(nameof(OperationsAndLengths))]
    public void Operation_AnyLength_GivesWhatTorchGives(string operation, int length)
    {
        var x = Values(42, 2, length, 6);
        var y = Values(43, 2, length, 6);
        var mask = (arange(length) % 3).ne(1).to(ScalarType.Float32).expand(2, length);

        using var run = new OnnxRun(Model(operation));
        var actual = run.Run(("x", x), ("y", y), ("mask", mask));

        var expected = TensorOperations.Apply(operation, new TorchTensor(x), new TorchTensor(y), new TorchTensor(mask)).Value;
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(actual.allclose(expected, rtol: Tolerance, atol: Tolerance, equal_nan: true));
    }

    [Theory]
    [InlineData("without NaN")]
    [InlineData("sum before 1")]
    [InlineData("where")]
    [InlineData("lower")]
    [InlineData("lower -inf")]
    [InlineData("weigh past")]
    [InlineData("relu")]
    [InlineData("at most")]
    [InlineData("at least")]
    [InlineData("softmax")]
    public void Operation_OnNaNAndInfinity_GivesWhatTorchGives(string operation)
    {
        var x = Values(42, 2, 8, 6);
        var y = Values(43, 2, 8, 6);
        (x[0, 2, 3], x[1, 4, 5], x[1, 1, 1]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        (y[0, 3, 3], y[1, 7, 0]) = (float.NaN, float.NegativeInfinity);
        var mask = (arange(8) % 3).ne(1).to(ScalarType.Float32).expand(2, 8);

        using var run = new OnnxRun(Model(operation));
        var actual = run.Run(("x", x), ("y", y), ("mask", mask));

        var expected = TensorOperations.Apply(operation, new TorchTensor(x), new TorchTensor(y), new TorchTensor(mask)).Value;
        Assert.True(actual.allclose(expected, rtol: Tolerance, atol: Tolerance, equal_nan: true));
    }

    [Fact]
    public void Width_OfALength_CannotBeRead()
    {
        var thrown = Assert.Throws<InvalidOperationException>(() => Input("mask", "batch", "length").Width);

        Assert.Contains("[batch, length]", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OfTwoLengths_IsRefusedWhileTheGraphIsBuilt()
    {
        var thrown = Assert.Throws<ArgumentException>(
            () => Input("queries", "batch", "length", 6) + Input("keys", "batch", "key_length", 6));

        Assert.Equal("[batch, length, 6] and [batch, key_length, 6] do not broadcast: length against key_length.", thrown.Message);
    }

    [Fact]
    public void MatMul_OfTwoLengths_IsRefusedWhileTheGraphIsBuilt()
    {
        var thrown = Assert.Throws<ArgumentException>(
            () => Input("weights", "batch", "length", "length").MatMul(Input("values", "batch", "key_length", 6)));

        Assert.Contains("length columns, key_length rows", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transpose_AfterSplitHeads_IsOneTransposition()
    {
        var keys = Input("x", "batch", "length", 6).SplitHeads(2).Transpose(); // [batch, 2, 3, length]

        Assert.Equal([0, 2, 3, 1], keys.Value.Node!.Attributes[0].Values);
        Assert.Equal("Reshape", keys.Value.Node.Inputs[0].Node!.Operator);
    }

    [Fact]
    public void MergeHeads_AfterSplitHeads_IsNothing()
    {
        var x = Input("x", "batch", "length", 6);

        Assert.Same(x.Value, x.SplitHeads(2).MergeHeads(2).Value);
    }

    private static Tensor Values(ulong seed, params long[] shape) => randn(shape, generator: new Generator(seed));

    private OnnxTensor Input(string name, params OnnxDimension[] shape) => new(_graph.Input(name, "A test's.", shape));

    private byte[] Model(string operation)
    {
        var (x, y, mask) = (Input("x", "batch", "length", 6), Input("y", "batch", "length", 6), Input("mask", "batch", "length"));
        _graph.Output("result", "A test's.", TensorOperations.Apply(operation, x, y, mask).Value);
        return OnnxModel.From(_graph, "test", "A test.", new Dictionary<string, string>()).ToByteArray();
    }
}
