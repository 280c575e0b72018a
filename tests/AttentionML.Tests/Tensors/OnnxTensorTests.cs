using AttentionML.Native;
using AttentionML.Onnx;
using AttentionML.Tensors;
using AttentionML.Tests.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

public class OnnxTensorTests
{
    private readonly OnnxGraph _graph = new();

    public OnnxTensorTests() => TorchRuntime.Initialize();

    public static MatrixTheoryData<string, int> OperationsAndLengths => new(
        TensorOperations.Names,
        [1, 5, 8, 13]);

    public static TheoryData<string> OperationsOnNaN => [.. TensorOperations.NamesOnNaN];

    [Theory]
    [MemberData(nameof(OperationsAndLengths))]
    public void Operation_AnyLength_GivesWhatTorchGives(string operation, int length) => RequireSame(operation, TensorOperations.Inputs(length));

    [Theory]
    [MemberData(nameof(OperationsOnNaN))]
    public void Operation_OnNaNAndInfinity_GivesWhatTorchGives(string operation) => RequireSame(operation, TensorOperations.InputsWithNaN());

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

    private void RequireSame(string operation, (Tensor X, Tensor Y, Tensor Mask) inputs)
    {
        using var run = new OnnxRun(Model(operation));
        TensorOperations.AssertSame(
            TensorOperations.Apply(operation, new TorchTensor(inputs.X), new TorchTensor(inputs.Y), new TorchTensor(inputs.Mask)),
            run.Run(("x", inputs.X), ("y", inputs.Y), ("mask", inputs.Mask)));
    }

    private OnnxTensor Input(string name, params OnnxDimension[] shape) => new(_graph.Input(name, "A test's.", shape));

    private byte[] Model(string operation)
    {
        var (x, y, mask) = (Input("x", "batch", "length", 6), Input("y", "batch", "length", 6), Input("mask", "batch", "length"));
        _graph.Output("result", "A test's.", TensorOperations.Apply(operation, x, y, mask).Value);
        return OnnxModel.From(_graph, "test", "A test.", new Dictionary<string, string>()).ToByteArray();
    }
}
