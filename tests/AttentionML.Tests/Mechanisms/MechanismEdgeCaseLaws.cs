using AttentionML.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

/// <summary>The one outcome that each edge case has, for every mechanism, as formula and fused.</summary>
public class MechanismEdgeCaseLaws
{
    private const int Length = 70; // two chunks of 64, the second one filled up

    public static TheoryData<string, bool> NamesAndDirections => LawSubjects.NamesAndDirections;

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_NoKeyVisible_GivesZerosWithFiniteGradients(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(3, Length, ScalarType.Float32, causal, "empty");
        sample.Keys[0] = float.NaN;
        sample.Values[0] = float.PositiveInfinity;

        foreach (var attend in Forms(mechanism))
        {
            var (output, gradients) = ForwardAndBackward(sample, attend);

            Assert.True(output[0].eq(0).all().item<bool>(), "A query that sees no key must give exactly zero.");
            Assert.All(gradients, gradient => Assert.True(gradient.isfinite().all().item<bool>(), "A gradient is not finite."));
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_QueriesOrKeysWithoutAFeature_GivesFiniteOutputsAndGradients(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, Length, ScalarType.Float32, causal);
        sample.Queries[0] = -30;
        sample.Keys[1] = -30;

        foreach (var attend in Forms(mechanism))
        {
            var (output, gradients) = ForwardAndBackward(sample, attend);

            Assert.True(output.isfinite().all().item<bool>(), "An output is not finite.");
            Assert.All(gradients, gradient => Assert.True(gradient.isfinite().all().item<bool>(), "A gradient is not finite."));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attend_EluFeaturesTiny_StillAverages(bool causal)
    {
        using var sample = new AttentionCase(2, Length, ScalarType.Float32, causal);
        sample.Queries -= 15;
        sample.Keys -= 12;

        var output = sample.Attend(AttentionMechanism.LinearElu);

        Assert.InRange(AttentionCase.Error(output, sample.Oracle(AttentionMechanism.LinearElu)), 0, 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attend_ReluFeaturesAllZero_GivesZeros(bool causal)
    {
        using var sample = new AttentionCase(2, Length, ScalarType.Float32, causal);
        sample.Queries[0] = -1;
        sample.Keys[1] = -1;

        var output = sample.Attend(AttentionMechanism.LinearRelu);

        Assert.True(output.eq(0).all().item<bool>(), "A dead query, or dead keys, must give exactly zero.");
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_NaNInOneStep_ReachesExactlyTheQueriesThatSeeIt(string name, bool causal)
    {
        const int Sequence = 1;
        var mechanism = LawSubjects.Get(name);
        foreach (var step in new[] { 0, 5, 63, 64, Length - 1 })
        {
            foreach (var (place, poison) in new (string, Action<AttentionCase>)[]
            {
                ("queries", x => x.Queries[Sequence, 0, step, 2] = float.NaN),
                ("keys", x => x.Keys[Sequence, 0, step, 2] = float.NaN),
                ("values", x => x.Values[Sequence, 0, step, 2] = float.NaN),
            })
            {
                using var sample = new AttentionCase(3, Length, ScalarType.Float32, causal);
                poison(sample);
                var reached = zeros([3, AttentionCase.HeadCount, Length], ScalarType.Bool);
                var (first, last) = place == "queries" ? (step, step) : (causal ? step : 0, Length - 1);
                reached[Sequence, 0, first..(last + 1)] = true;

                foreach (var attend in Forms(mechanism))
                {
                    Assert.True(
                        attend(sample).isnan().any(-1).eq(reached).all().item<bool>(),
                        $"A NaN in the {place} at step {step} did not reach exactly the queries {first}…{last} of its head.");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_NaNInAHiddenStep_ReachesNoQuery(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        foreach (var mask in new[] { "right", "left", "holes" })
        {
            using var sample = new AttentionCase(3, Length, ScalarType.Float32, causal, mask);
            var expected = sample.Attend(mechanism);
            var hidden = sample.Visible!.eq(0).reshape(3, 1, Length, 1);
            sample.Keys = where(hidden, full_like(sample.Keys, float.NaN), sample.Keys);
            sample.Values = where(hidden, full_like(sample.Values, float.NaN), sample.Values);

            foreach (var attend in Forms(mechanism))
            {
                Assert.InRange(AttentionCase.Error(attend(sample), expected), 0, mechanism.Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_HugeAndTinyMagnitudes_StaysFinite(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        double[] magnitudes = [1e-30, 1, 1e8];
        foreach (var (q, k, v) in from q in magnitudes from k in magnitudes from v in magnitudes select (q, k, v))
        {
            using var sample = new AttentionCase(1, Length, ScalarType.Float32, causal);
            (sample.Queries, sample.Keys, sample.Values) = (sample.Queries * q, sample.Keys * k, sample.Values * v);

            foreach (var attend in Forms(mechanism))
            {
                var (output, gradients) = ForwardAndBackward(sample, attend);

                Assert.True(output.isfinite().all().item<bool>(), $"Not finite for magnitudes {q}, {k}, {v}.");
                Assert.True(output.abs().max().item<float>() <= sample.Values.abs().max().item<float>() * 1.001, "An average left the range of what it averages.");
                Assert.All(gradients, gradient => Assert.True(gradient.isfinite().all().item<bool>(), $"A gradient is not finite for {q}, {k}, {v}."));
            }
        }
    }

    private static Func<AttentionCase, Tensor>[] Forms(AttentionMechanism mechanism) =>
        [sample => sample.AttendByFormula(mechanism), .. LawSubjects.InEveryForm(mechanism).Select<AttentionMechanism, Func<AttentionCase, Tensor>>(
            form => sample => sample.Attend(form))];

    private static (Tensor Output, Tensor[] Gradients) ForwardAndBackward(AttentionCase sample, Func<AttentionCase, Tensor> attend)
    {
        Tensor[] inputs = [.. new[] { sample.Queries, sample.Keys, sample.Values }.Select(x => x.detach().clone().requires_grad_())];
        (sample.Queries, sample.Keys, sample.Values) = (inputs[0], inputs[1], inputs[2]);
        var output = attend(sample);
        output.sum().backward();
        return (output.detach(), [.. inputs.Select(input => input.grad!)]);
    }
}
