using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Mechanisms;

public class AttentionMechanismTests
{
    [Fact]
    public void All_BuiltInMechanisms_AreOrderedByNameAndComplete() =>
        Assert.Equal(["linear-elu", "linear-relu", "linear-relu-positive", "softmax"], AttentionMechanism.All.Select(mechanism => mechanism.Name));

    [Fact]
    public void All_CastToAList_CannotBeChanged()
    {
        var list = Assert.IsAssignableFrom<IList<AttentionMechanism>>(AttentionMechanism.All);

        Assert.Throws<NotSupportedException>(() => list[0] = new RectifiedAttention());
    }

    [Fact]
    public void Parse_UnknownName_ListsTheNamesThereAre()
    {
        var error = Assert.Throws<ArgumentException>(() => AttentionMechanism.Parse("linear"));

        Assert.Contains("'linear'", error.Message, StringComparison.Ordinal);
        Assert.All(AttentionMechanism.All, mechanism => Assert.Contains(mechanism.Name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Linear_OwnFeatureMap_IsNamedAfterIt() => Assert.Equal("linear-square", AttentionMechanism.Linear(new SquareFeatureMap()).Name);

    [Fact]
    public void Attend_DirectionThatIsNotSupported_SaysWhichOneIs()
    {
        var keys = new CostTensor(new CostMeter(), 1, 1, 7, 3);

        var error = Assert.Throws<NotSupportedException>(() => new CausalOnly().Attend(keys, keys, keys));

        Assert.Equal(
            "The attention mechanism 'causal-only' cannot attend with Causal = False; it can attend Causal. " +
            "Set Causal = True or choose another mechanism.",
            error.Message);
    }

    [Theory]
    [InlineData(true, 128, 64, 64)]
    [InlineData(true, 3, 5, 5)]
    [InlineData(false, 3, 5, 4)]
    public void Attend_LengthsThatDoNotGoTogether_IsRefused(bool causal, int queries, int keys, int values)
    {
        var meter = new CostMeter();
        CostTensor Steps(int length) => new(meter, 1, 1, length, 3);

        Assert.All(AttentionMechanism.All, mechanism =>
        {
            Assert.Throws<ArgumentException>(() => mechanism.Attend(Steps(queries), Steps(keys), Steps(values), new(Causal: causal)));
            Assert.Throws<ArgumentException>(() => mechanism.AttendByFormula(Steps(queries), Steps(keys), Steps(values), new(Causal: causal)));
        });
    }

    [Fact]
    public void Cost_BidirectionalLinearAttention_IsTheCountByHand()
    {
        const double Heads = 8, L = 4096, D = 64;

        var cost = AttentionMechanism.LinearRelu.Cost(new AttentionShape(1, 8, 4096, 64));

        // relu twice; φ(K)ᵀV; Σφ(K); φ(Q)S; φ(Q)z; + 1e-6; the quotient.
        Assert.Equal(Heads * (2 * L * D + 2 * L * D * D + L * D + 2 * L * D * D + 2 * L * D + L + L * D), cost.Flops);
    }

    [Fact]
    public void Cost_Softmax_IsTheCountByHand()
    {
        const double Heads = 8, L = 512, D = 64;

        var cost = AttentionMechanism.Softmax.Cost(new AttentionShape(1, 8, 512, 64));

        Assert.Equal(Heads * (L * D + 2 * L * L * D + 5 * L * L + 2 * L * L * D), cost.Flops);
    }

    private sealed class SquareFeatureMap : FeatureMap
    {
        public override string Name => "square";

        public override bool IsStrictlyPositive => false;

        public override T Map<T>(T x) => x * x;
    }

    private sealed class CausalOnly : AttentionMechanism
    {
        public override string Name => "causal-only";

        public override string Paper => "none";

        public override int CostExponent => 1;

        public override AttentionDirections Directions => AttentionDirections.Causal;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => values;
    }
}
