using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

/// <summary>Gradients of every mechanism against central differences in double precision.</summary>
public class MechanismGradientLaws
{
    // Small against the 1e-3 over which relu + 0.001 bends, large against rounding.
    private const double Step = 1e-7;

    public static MatrixTheoryData<string, bool, int, string> Shapes => new(
        LawSubjects.All.Select(mechanism => mechanism.Name), [false, true], [1, 7, 70], ["none", "left", "empty"]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Attend_AnyShapeAndMask_HasTheGradientOfCentralDifferences(string name, bool causal, int length, string mask)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, length, ScalarType.Float64, causal, mask);
        var generator = new Generator(7);
        var upstream = randn([2, AttentionCase.HeadCount, length, AttentionCase.ValueDimension], ScalarType.Float64, generator: generator);
        Tensor[] inputs = [sample.Queries.requires_grad_(), sample.Keys.requires_grad_(), sample.Values.requires_grad_()];

        (sample.Attend(mechanism) * upstream).sum().backward();

        // Moving all elements at once along a random direction checks every one of them with two evaluations; five directions, each input.
        foreach (var (input, set) in inputs.Zip(new Action<Tensor>[] { x => sample.Queries = x, x => sample.Keys = x, x => sample.Values = x }))
        {
            var gradient = input.grad!;
            Assert.True(gradient.isfinite().all().item<bool>(), "A gradient is not finite.");
            using var _ = no_grad();
            for (var trial = 0; trial < 5; trial++)
            {
                var direction = randn(input.shape, ScalarType.Float64, generator: generator);
                var expected = (Loss(input + direction * Step) - Loss(input - direction * Step)) / (2 * Step);
                set(input);

                Assert.Equal(expected, (gradient * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(expected)));
            }

            double Loss(Tensor moved)
            {
                set(moved);
                return (sample.AttendByFormula(mechanism) * upstream).sum().item<double>();
            }
        }
    }
}
