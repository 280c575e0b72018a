using System.Runtime.Intrinsics;
using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

public class ExplainTests
{
    private static readonly AttentionShape Shape = new(1, 8, 512, 64);

    [Fact]
    public void Explain_LinearWithWideRegisters_IsFusedAndSaysHow()
    {
        Assert.SkipUnless(Vector256.IsHardwareAccelerated, "This processor has no registers of 256 bits.");

        Assert.Equal(
            $"linear-elu [1, 8, 512, 64] causal, masked, with gradients, float32 on cpu: fused, {FusedLinear.RegisterBits}-bit registers, 2 threads over 8 heads",
            AttentionMechanism.LinearElu.Explain(Shape, new() { Causal = true, Masked = true, Gradients = true, Threads = 2 }));
        Assert.EndsWith(
            "16 threads over 8 heads and parts of sequences", AttentionMechanism.LinearElu.Explain(Shape, new() { Threads = 16 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Formula_SaysWhy()
    {
        var off = AttentionMechanism.Linear(FeatureMaps.Elu, new() { Enabled = false });
        var wide = AttentionMechanism.Linear(FeatureMaps.Elu, new() { MinimumRegisterBits = 1024 });

        Assert.EndsWith("for the fused form computes in float32, not float64", AttentionMechanism.LinearElu.Explain(Shape, new() { ElementType = "float64" }), StringComparison.Ordinal);
        Assert.EndsWith("for the fused form runs on cpu, not cuda", AttentionMechanism.LinearElu.Explain(Shape, new() { Device = "cuda" }), StringComparison.Ordinal);
        Assert.EndsWith("for the fused form is switched off", off.Explain(Shape), StringComparison.Ordinal);
        Assert.EndsWith("bits, and the fused form wants 1024", wide.Explain(Shape), StringComparison.Ordinal);
        Assert.EndsWith("for the fused form takes dimensions from 1 to 256", AttentionMechanism.LinearElu.Explain(Shape with { HeadDimension = 257 }, new() { Causal = true }), StringComparison.Ordinal);
        Assert.EndsWith("for there is no fused form", new RectifiedAttention().Explain(Shape), StringComparison.Ordinal);
        Assert.EndsWith("takes no causal mask beside a key mask", AttentionMechanism.Softmax.Explain(Shape, new() { Causal = true, Masked = true, Gradients = true }), StringComparison.Ordinal);
        Assert.EndsWith(
            ": libtorch's scaled_dot_product_attention, for the fused form has no gradients", AttentionMechanism.Softmax.Explain(Shape, new() { Gradients = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Softmax_SaysWhatRunsOnThisProcessor()
    {
        var bits = FusedAttention.RegisterBits;
        var causal = AttentionMechanism.Softmax.Explain(Shape, new() { Causal = true, Masked = true });
        var bidirectional = AttentionMechanism.Softmax.Explain(Shape, new() { Threads = 16 });

        Assert.EndsWith(
            bits >= 256 ? $": fused, {bits}-bit registers, 1 thread over 8 heads"
                : $"the formula on libtorch, for registers here have {bits} bits, and the fused form wants 256, and scaled_dot_product_attention takes no causal mask beside a key mask",
            causal, StringComparison.Ordinal);
        Assert.EndsWith(
            bits >= 512 ? $": fused, {bits}-bit registers, 16 threads over 8 heads and blocks of queries"
                : $": libtorch's scaled_dot_product_attention, for registers here have {bits} bits, and the fused form wants 512",
            bidirectional, StringComparison.Ordinal);
    }

    // What is explained is what happens.
    [Theory]
    [InlineData("linear-elu", 8, false, "float32")]
    [InlineData("linear-elu", 8, true, "float32")]
    [InlineData("linear-elu", 256, false, "float32")]
    [InlineData("linear-elu", 257, true, "float32")]
    [InlineData("linear-relu", 8, false, "float64")]
    [InlineData("rectified", 8, false, "float32")]
    public void Explain_AnyUse_AgreesWithWhatRuns(string name, int dimension, bool causal, string type)
    {
        using var scope = NewDisposeScope();
        var mechanism = LawSubjects.Get(name);
        var x = new TorchTensor(ones([1, 2, 5, dimension], type == "float32" ? ScalarType.Float32 : ScalarType.Float64));

        var line = mechanism.Explain(new(1, 2, 5, dimension), new() { Causal = causal, ElementType = type });

        Assert.Equal(mechanism.AttendFused(x, x, x, new(Causal: causal)) is not null, line.Contains(": fused", StringComparison.Ordinal));
    }

    [Fact]
    public void Linear_ThreadsGiven_AgreesWithOneThread()
    {
        using var scope = NewDisposeScope();
        var x = new TorchTensor(randn([1, 1, 700, 8], generator: new Generator(42)));

        var one = AttentionMechanism.LinearElu.Attend(x, x, x, new(Causal: true)).Value;
        var two = AttentionMechanism.Linear(FeatureMaps.Elu, new() { Threads = 2 }).Attend(x, x, x, new(Causal: true)).Value;

        Assert.InRange(AttentionCase.Error(two, one), 0, 1e-6);
    }

    [Fact]
    public void Linear_ThreadsNotPositive_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionMechanism.Linear(FeatureMaps.Elu, new() { Threads = 0 }));
}
