using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Fused linear attention on torch's memory: outputs and gradients against the formula in double precision.</summary>
public class TorchLinearAttentionTests
{
    public static MatrixTheoryData<string, bool, int, string, bool> Cases => new(
        ["linear-relu", "linear-elu", "linear-relu-positive"], [false, true], [1, 7, 70], ["none", "left", "holes", "empty"], [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attend_WithGradients_EqualsTheFormulaInDouble(string name, bool causal, int length, string mask, bool packed)
    {
        var mechanism = AttentionMechanism.Parse(name);
        using var single = new AttentionCase(3, length, ScalarType.Float32, causal, mask);
        using var twice = new AttentionCase(3, length, ScalarType.Float64, causal, mask);
        var upstream = randn([3, AttentionCase.HeadCount, length, AttentionCase.ValueDimension], ScalarType.Float64, generator: new Generator(7));
        if (packed)
        {
            single.Queries = Packed(single.Queries);
            single.Keys = Packed(single.Keys);
            single.Values = Packed(single.Values);
        }

        var (output, gradients) = Run(single, x => x.Attend(mechanism), upstream.to(ScalarType.Float32));
        var (expected, expectedGradients) = Run(twice, x => x.AttendByFormula(mechanism), upstream);

        Assert.InRange(AttentionCase.Error(output, expected), 0, mechanism.Tolerance);

        // The gradient of a relu query with one tiny feature cancels: the formula in single precision is up to 6e-5 off as well.
        var allowed = name == "linear-relu" ? 1e-4 : mechanism.Tolerance;
        foreach (var (gradient, expectedGradient) in gradients.Zip(expectedGradients))
        {
            Assert.InRange(AttentionCase.Error(gradient, expectedGradient), 0, allowed);
        }
    }

    // Of 16 features and values the sums have 304 numbers, padding included.
    [Theory]
    [InlineData(16, false, false)]
    [InlineData(17, false, false)]
    [InlineData(20, false, true)]
    [InlineData(20, true, false)]
    public void KeepsState_WhereItIsNoLargerThanTheValues(int keys, bool causal, bool keeps) => Assert.Equal(
        keeps, new TorchLinearCall(
            (FusedLinear)FeatureMaps.Relu.FusedWith(new(1e-6f, 0))!, null!, new(2, 3, keys, keys, 16, 16, causal), Visible: null, Threads: 1).KeepsState);

    // Leaves keep the memory that the backward pass wrote, so the second pass must not write into what the first one gave.
    [Fact]
    public void Backward_LeavesUsedTwice_AddUpTheirGradients()
    {
        using var scope = NewDisposeScope();
        Tensor[] leaves = [.. Enumerable.Range(0, 3).Select(_ => randn(2, 3, 50, 8, requires_grad: true))];

        Attend();
        Tensor[] once = [.. leaves.Select(leaf => leaf.grad!.clone())];
        Attend();

        Assert.All(leaves.Zip(once), pair => Assert.True(pair.First.grad!.Equals(pair.Second + pair.Second)));

        void Attend() => AttentionMechanism.LinearElu.Attend(new TorchTensor(leaves[0]), new(leaves[1]), new(leaves[2]), new(Causal: true)).Value.pow(2).sum().backward();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AttendFused_PackedHeads_GivesPackedOutputs(bool grad)
    {
        using var scope = NewDisposeScope();
        var heads = new TorchTensor(randn(2, 5, 4 * 8, requires_grad: grad)).SplitHeads(4);

        var output = AttentionMechanism.LinearElu.AttendFused(heads, heads, heads, new(Causal: true));

        Assert.True(output!.Value.Value.transpose(1, 2).is_contiguous());
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void AttendFused_OtherElementType_HasNoForm(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = new TorchTensor(ones([1, 1, 3, 2], type));

        Assert.Null(AttentionMechanism.LinearElu.AttendFused(x, x, x, default));
    }

    [Fact]
    public void AttendFused_DimensionBeyondTheLargest_HasNoFormAndTheFormulaRuns()
    {
        using var scope = NewDisposeScope();
        var x = new TorchTensor(randn(1, 1, 3, 257));

        Assert.Null(AttentionMechanism.LinearElu.AttendFused(x, x, x, default));
        Assert.Equal([1, 1, 3, 257], AttentionMechanism.LinearElu.Attend(x, x, x).Value.shape);
    }

    [Fact]
    public void AttendFused_OwnMapOverTheScalarAlgebra_IsFusedAndAgrees()
    {
        using var scope = NewDisposeScope();
        var mechanism = AttentionMechanism.Linear(new PointwiseFeatureMap<Square>("square", isStrictlyPositive: false));
        var x = new TorchTensor(randn([2, 2, 70, 5], generator: new Generator(42)));

        var fused = mechanism.AttendFused(x, x, x, new(Causal: true));

        Assert.InRange(AttentionCase.Error(fused!.Value.Value, mechanism.AttendByFormula(x, x, x, new(Causal: true)).Value), 0, 1e-5);
    }

    [Fact]
    public void AttendFused_MapOverTensors_HasNoForm()
    {
        using var scope = NewDisposeScope();
        var x = new TorchTensor(ones(1, 1, 3, 2));

        Assert.Null(AttentionMechanism.Linear(new SoftmaxFeatures()).AttendFused(x, x, x, default));
    }

    private static (Tensor Output, Tensor[] Gradients) Run(AttentionCase sample, Func<AttentionCase, Tensor> attend, Tensor upstream)
    {
        Tensor[] inputs = [.. new[] { sample.Queries, sample.Keys, sample.Values }.Select(x => x.detach().requires_grad_())];
        (sample.Queries, sample.Keys, sample.Values) = (inputs[0], inputs[1], inputs[2]);
        var output = attend(sample);
        (output * upstream).sum().backward();
        return (output.detach(), [.. inputs.Select(input => input.grad!)]);
    }

    // The same numbers in memory [N, L, H, d].
    private static Tensor Packed(Tensor x) => x.transpose(1, 2).contiguous().transpose(1, 2);

    private readonly struct Square : AttentionML.Fused.IPointwiseFunction
    {
        public static T Apply<T>(T x)
            where T : struct, AttentionML.Fused.IPointwise<T> => x * x;
    }

    private sealed class SoftmaxFeatures : FeatureMap
    {
        public override string Name => "softmax-features";

        public override bool IsStrictlyPositive => true;

        public override T Map<T>(T x) => x.Softmax();
    }
}
