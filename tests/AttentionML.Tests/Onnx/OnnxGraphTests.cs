using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tests.Onnx;

public class OnnxGraphTests
{
    private readonly OnnxGraph _graph = new();
    private readonly OnnxValue _x;

    public OnnxGraphTests() => _x = _graph.Input("x", "What there is.", "batch", "length", 6);

    [Fact]
    public void Append_EqualNodes_GivesTheSameValue()
    {
        Assert.Same(Add(_x, _graph.Number(1)), Add(_x, _graph.Number(1)));
        Assert.NotSame(Add(_x, _graph.Number(1)), Add(_x, _graph.Number(2)));
    }

    [Fact]
    public void Append_EqualNodesOfOtherAttributes_GivesTwoValues() =>
        Assert.NotSame(_graph.Transpose(_x, [0, 2, 1]), _graph.Transpose(_x, [1, 0, 2]));

    [Fact]
    public void Append_InputOfAnotherGraph_Throws()
    {
        var stranger = new OnnxGraph().Number(1);

        Assert.Throws<ArgumentException>(() => Add(_x, stranger));
    }

    [Fact]
    public void Constants_OfEqualBytesButOtherShapes_AreTwoValues() => Assert.NotSame(_graph.Index(2), _graph.Indices(2));

    [Fact]
    public void Transpose_Twice_BecomesOne()
    {
        var value = _graph.Transpose(_graph.Transpose(_x, [1, 2, 0]), [0, 2, 1]);

        Assert.Same(_x, value.Node!.Inputs[0]);
        Assert.Equal([1, 0, 2], value.Node.Attributes[0].Values);
        Assert.Equal("[length, batch, 6]", value.ToString());
    }

    [Fact]
    public void Transpose_ThereAndBack_DisappearsAndSoDoesAReshape()
    {
        var split = _graph.Transpose(_graph.Reshape(_x, [0, 0, 2, 3]), [0, 2, 1, 3]);

        Assert.Same(_x, _graph.Reshape(_graph.Transpose(split, [0, 2, 1, 3]), [0, 0, 6]));
    }

    [Fact]
    public void Reshape_BackToAnotherLength_Stays()
    {
        var other = _graph.Input("other", "What there is besides.", "batch", "key_length", 6);
        var split = _graph.Reshape(_x, [0, -1, 3]); // [batch, 2 * length, 3]

        Assert.Same(_x, _graph.Reshape(split, [0, -1, 6]));
        Assert.NotSame(_x, _graph.Reshape(other, [0, -1, 6]));
        Assert.Equal("[batch, 2 * length, 3]", split.ToString());
    }

    [Fact]
    public void Reshape_RestThatNothingProves_IsALengthOfItsOwn()
    {
        var first = _graph.Reshape(_x, [0, -1, 5]);
        var second = _graph.Reshape(_graph.Reshape(_x, [0, -1, 7]), [0, -1, 5]);

        Assert.NotEqual(first.Shape[1], second.Shape[1]);
    }

    [Fact]
    public void Reshape_ToAnotherCount_Throws()
    {
        var thrown = Assert.Throws<ArgumentException>(() => _graph.Reshape(_x, [0, 0, 7]));

        Assert.Equal("[batch, length, 6] cannot be reshaped to [batch, length, 7].", thrown.Message);
    }

    [Fact]
    public void Size_OfASymbol_IsReadWhereItOccurredFirst()
    {
        var later = Add(_x, _graph.Number(1));

        Assert.Same(_x, _graph.Size(later, 1).Node!.Inputs[0]);
        Assert.Same(_graph.Indices(6), _graph.Size(later, 2));
    }

    [Fact]
    public void Model_WithNodesThatNoOutputNeeds_LeavesThemOut()
    {
        Add(_x, _graph.Number(17));
        _graph.Output("y", "A result.", Add(_x, _graph.Number(1)));

        var written = Model().Graph;

        Assert.Single(written.Node);
        Assert.Single(written.Initializer);
        Assert.Equal(["x", "Constant_1"], written.Node[0].Input);
        Assert.Equal(["y"], written.Node[0].Output);
    }

    [Fact]
    public void Model_ResultUnderTwoNamesAndAnInputAsResult_CopiesThem()
    {
        var sum = Add(_x, _graph.Number(1));
        _graph.Output("first", "A result.", sum);
        _graph.Output("second", "A result.", sum);
        _graph.Output("third", "A result.", _x);

        var written = Model().Graph;

        Assert.Equal(["Add", "Identity", "Identity"], written.Node.Select(node => node.OpType));
        Assert.Equal(["first", "second", "third"], written.Node.Select(node => node.Output[0]));
        Assert.Equal(["first", "second", "third"], written.Output.Select(output => output.Name));
    }

    private OnnxValue Add(OnnxValue left, OnnxValue right) =>
        _graph.Append("Add", ElementType.Float, left.Shape.ToArray(), [left, right]);

    private ModelProto Model() => OnnxModel.From(_graph, "test", "A test.", new Dictionary<string, string>());
}
