using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Fused;

namespace AttentionML.Tests.Mechanisms;

/// <summary>Attention over plain memory.</summary>
public class SpanAttentionTests
{
    private static readonly AttentionShape Shape = new(2, 3, 50, 7) { ValueDimension = 4 };

    public static MatrixTheoryData<string, bool, bool, int> Everything => new(
        ["softmax", "linear-relu", "linear-elu", "linear-relu-positive"], [false, true], [false, true], [1, 2]);

    [Theory]
    [MemberData(nameof(Everything))]
    public void Attend_Spans_EqualsTheOracle(string name, bool causal, bool masked, int threads)
    {
        var x = new FusedCase(new(2, 3, 50, 50, 7, 4, causal), name, masked);

        AttentionMechanism.Parse(name).Attend(Shape, x.Queries, x.Keys, x.Values, x.Output, causal, x.Visible, threads);

        x.AssertOutput();
    }

    [Fact]
    public void Attend_Spans_AllocatesNothing()
    {
        var x = new FusedCase(new(2, 3, 50, 50, 7, 4, true), "linear-elu", masked: false);
        void Attend() => AttentionMechanism.LinearElu.Attend(Shape, x.Queries, x.Keys, x.Values, x.Output, causal: true);
        Attend();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
        {
            Attend();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Attend_MechanismOverTensorsAlone_NamesThoseThatHaveAManagedForm()
    {
        var error = Assert.Throws<NotSupportedException>(() => new Means().Attend(Shape, [], [], [], []));

        Assert.Equal(
            "The attention mechanism 'means' has no managed form, so it attends over tensors alone. " +
            "linear-elu, linear-relu, linear-relu-positive, softmax have one.",
            error.Message);
    }

    [Fact]
    public void Attend_OutputOverAnInput_IsRefused()
    {
        var memory = new float[2 * 3 * 50 * 7];
        var shape = new AttentionShape(2, 3, 50, 7);

        var error = Assert.Throws<ArgumentException>(() => AttentionMechanism.Softmax.Attend(shape, memory, memory, memory, memory));

        Assert.StartsWith("The output overlaps an input", error.Message);
    }

    [Fact]
    public void Attend_NoThreads_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("threads", () => AttentionMechanism.Softmax.Attend(Shape, [], [], [], [], threads: 0));

    private sealed class Means : AttentionMechanism
    {
        public override string Name => "means";

        public override string Paper => "none";

        public override int CostExponent => 1;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => values;

        protected override T WeightsFormula<T>(T queries, T keys, AttentionInputs<T> inputs) => queries;
    }
}
