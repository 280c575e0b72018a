using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Fused softmax attention on torch's memory: what it takes, how it reads it, and that it is what <see cref="AttentionMechanism.Explain"/> says.</summary>
public class TorchFusedSoftmaxTests
{
    private static readonly FusedOptions Always = new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 };

    public static MatrixTheoryData<bool, int, string> Cases => new([false, true], [1, 7, 150], ["none", "left", "holes", "empty"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attend_PackedHeads_EqualsTheFormulaAndGivesPackedOutputs(bool causal, int length, string mask)
    {
        using var single = new AttentionCase(3, length, ScalarType.Float32, causal, mask);
        using var twice = new AttentionCase(3, length, ScalarType.Float64, causal, mask);
        single.Queries = Packed(single.Queries);
        single.Keys = Packed(single.Keys);
        single.Values = Packed(single.Values);

        var output = Attend(Always, single.Queries, single.Keys, single.Values, single.Visible, causal);

        Assert.True(output!.transpose(1, 2).is_contiguous());
        Assert.InRange(AttentionCase.Error(output, twice.AttendByFormula(AttentionMechanism.Softmax)), 0, AttentionMechanism.Softmax.Tolerance);
    }

    [Fact]
    public void Attend_FeaturesApartInMemory_EqualsTheFormula()
    {
        using var scope = NewDisposeScope();
        var x = randn([2, 3, 8, 40], generator: new Generator(42)).transpose(2, 3);
        var mask = ones(1, 40, ScalarType.Bool);
        mask[0, 3] = false;

        var output = Attend(Always, x, x, x, mask, causal: false);

        var expected = AttentionMechanism.Softmax.AttendByFormula<TorchTensor>(new(x), new(x), new(x), new(new TorchTensor(mask)));
        Assert.InRange(AttentionCase.Error(output!, expected.Value), 0, 1e-6);
    }

    [Fact]
    public void Attend_GradientsAskedFor_HasNoFormAndLibtorchGivesThem()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 2, 9, 4, requires_grad: true);

        Assert.Null(Attend(Always, x, x, x, visible: null, causal: true));
        AttentionMechanism.SoftmaxWith(Always).Attend<TorchTensor>(new(x), new(x), new(x), new(Causal: true)).Value.sum().backward();
        Assert.NotNull(x.grad);
        using (no_grad())
        {
            Assert.NotNull(Attend(Always, x, x, x, visible: null, causal: true));
        }
    }

    // What is explained is what happens.
    [Theory]
    [InlineData(5, 8, false, "float32")]
    [InlineData(5, 8, true, "float32")]
    [InlineData(300, 64, false, "float32")]
    [InlineData(300, 64, true, "float32")]
    [InlineData(300, 257, true, "float32")]
    [InlineData(300, 64, true, "float64")]
    public void Explain_AnyUse_AgreesWithWhatRuns(int length, int dimension, bool causal, string type)
    {
        using var scope = NewDisposeScope();
        var x = ones([1, 2, length, dimension], type == "float32" ? ScalarType.Float32 : ScalarType.Float64);
        var shape = new AttentionShape(1, 2, length, dimension);
        var use = new AttentionUse { Causal = causal, ElementType = type };
        foreach (var (mechanism, options) in new[] { (AttentionMechanism.Softmax, FusedSoftmax.Defaults), (AttentionMechanism.SoftmaxWith(Always), Always) })
        {
            var line = mechanism.Explain(shape, use);

            Assert.Equal(Attend(options, x, x, x, visible: null, causal) is not null, line.Contains(": fused", StringComparison.Ordinal));
        }
    }

    private static Tensor? Attend(FusedOptions options, Tensor queries, Tensor keys, Tensor values, Tensor? visible, bool causal) =>
        TorchFusedAttention.Attend(new FusedSoftmax(), AttentionMechanism.Softmax.AttendByFormula, options, queries, keys, values, visible, causal);

    // The same numbers in memory [N, L, H, d].
    private static Tensor Packed(Tensor x) => x.transpose(1, 2).contiguous().transpose(1, 2);
}
