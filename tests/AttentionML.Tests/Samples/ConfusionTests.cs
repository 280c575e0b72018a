using ClassifySeries;

namespace AttentionML.Tests.Samples;

public class ConfusionTests
{
    [Fact]
    public void MacroF1_ByHand_AveragesTheClassesAlike()
    {
        var counts = Confusion.Count(["a", "b", "never"], [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")]);

        // a: 2·2 / (4 + 0 + 1), b: 2·1 / (2 + 1 + 0).
        Assert.Equal(((4 / 5.0) + (2 / 3.0)) / 2, Confusion.MacroF1(counts), 1e-12);
        Assert.Equal(0.75, Confusion.Accuracy(counts));
    }
}
