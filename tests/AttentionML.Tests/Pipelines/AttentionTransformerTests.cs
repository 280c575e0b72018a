using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

public class AttentionTransformerTests
{
    private static readonly MLContext Ml = new(seed: 42);

    private static readonly int[] HeadCounts = [1, 3];
    private static readonly bool[] Directions = [false, true];

    public static TheoryData<string, int, bool> MechanismsHeadsAndDirections =>
        [.. from mechanism in AttentionMechanism.All
            from headCount in HeadCounts
            from causal in Directions
            select new TheoryDataRow<string, int, bool>(mechanism.Name, headCount, causal)];

    [Theory]
    [MemberData(nameof(MechanismsHeadsAndDirections))]
    public void Transform_VariableLengths_GivesAttentionRowByRow(string name, int headCount, bool causal)
    {
        var mechanism = AttentionMechanism.Parse(name);
        var rows = Sequences.Random(6, 7, 1, 63, 7, 7, 64, 2, 63, 200, 1);
        var options = new AttentionOptions { ModelDimension = 6, HeadCount = headCount, Mechanism = mechanism, Causal = causal };

        var outputs = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        for (var i = 0; i < rows.Length; i++)
        {
            Sequences.AssertClose(
                Sequences.Attend(mechanism, headCount, rows[i].Queries, rows[i].Keys, rows[i].Values, 6, causal), outputs[i],
                mechanism.Tolerance);
        }
    }

    private static AttentionTransformer Fit(Sequences.Row[] rows, AttentionOptions options) =>
        Ml.Transforms.Attention("Output", "Queries", "Keys", "Values", options).Fit(Sequences.View(Ml, rows));
}
