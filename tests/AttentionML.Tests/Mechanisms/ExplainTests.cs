using System.Runtime.Intrinsics;
using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Plans;
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
            bits >= 256 ? $": fused, {bits}-bit registers, 16 threads over 8 heads and blocks of queries"
                : $": libtorch's scaled_dot_product_attention, for registers here have {bits} bits, and the fused form wants 256",
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

    [Theory]
    [InlineData(0, 8, 5, 8)]
    [InlineData(1, 0, 5, 8)]
    [InlineData(1, 8, 0, 8)]
    [InlineData(1, 8, 5, 0)]
    public void Explain_NothingToAttend_IsNotFusedAsNothingRunsFused(int batchSize, int headCount, int length, int dimension)
    {
        using var scope = NewDisposeScope();
        var x = new TorchTensor(ones(batchSize, headCount, length, dimension));

        Assert.EndsWith(": the formula on libtorch, for a size is 0", AttentionMechanism.LinearElu.Explain(new(batchSize, headCount, length, dimension)), StringComparison.Ordinal);
        Assert.EndsWith("scaled_dot_product_attention, for a size is 0", AttentionMechanism.Softmax.Explain(new(batchSize, headCount, length, dimension)), StringComparison.Ordinal);
        Assert.Null(AttentionMechanism.LinearElu.AttendFused(x, x, x, default));
    }

    [Fact]
    public void Explain_WhatThereIsNot_IsRefusedByName()
    {
        Refuses("BatchSize", Shape with { BatchSize = -1 });
        Refuses("HeadCount", Shape with { HeadCount = -1 });
        Refuses("SequenceLength", Shape with { SequenceLength = -5 });
        Refuses("HeadDimension", Shape with { HeadDimension = -64 });
        Refuses("ValueDimension", Shape with { ValueDimension = -64 });
        Refuses("Threads", Shape, new() { Threads = -3 });
        Refuses("Threads", Shape, new() { Threads = 0 });
        Refuses("ElementType is 'banana'; it takes float32, float64, bfloat16, float16.", Shape, new() { ElementType = "banana" });
        Refuses("ElementType is 'Float32';", Shape, new() { ElementType = "Float32" });
        Refuses("Device is 'gpu'; it takes cpu, cuda.", Shape, new() { Device = "gpu" });
        Refuses("bidirectional, float64 on cpu, in a managed model was given", Shape, new() { Managed = true, ElementType = "float64" });
        Refuses("float32 on cuda", Shape, new() { Managed = true, Device = "cuda" });
        Refuses("with gradients", Shape, new() { Managed = true, Gradients = true });

        static void Refuses(string message, AttentionShape shape, AttentionUse? use = null) => Assert.All(LawSubjects.All, mechanism =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => mechanism.Explain(shape, use)).Message, StringComparison.Ordinal));
    }

    // What is explained is what happens.
    [Theory]
    [InlineData("linear-elu", 8, false)]
    [InlineData("linear-elu", 257, true)]
    [InlineData("softmax", 8, false)]
    [InlineData("softmax", 8, true)]
    [InlineData("softmax", 257, true)]
    [InlineData("rectified", 8, false)]
    public void Explain_ManagedModel_AgreesWithWhatAPlanTakes(string name, int dimension, bool causal)
    {
        var (plan, mechanism) = (new PlanBuilder(), LawSubjects.Get(name));
        var x = new PlanTensor(plan, plan.Input([1, 2, 5, dimension]));

        var line = mechanism.Explain(new(1, 2, 5, dimension), new() { Causal = causal, Managed = true, Threads = 7 });

        var fused = mechanism.AttendFused(x, x, x, new(Causal: causal)) is not null;
        Assert.Contains(fused ? ": fused" : ": the formula in managed code", line, StringComparison.Ordinal);
        Assert.Contains("float32 on cpu, in a managed model:", line, StringComparison.Ordinal);
        Assert.Equal(fused, line.Contains("1 thread over 2 heads", StringComparison.Ordinal));
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
