using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Gradients of gradients of fused linear attention, against those of the formula, which libtorch differentiates operation by operation.</summary>
public class TorchLinearDerivativesTests
{
    public static MatrixTheoryData<string, bool, string> Cases => new(
        ["linear-relu", "linear-elu", "linear-relu-positive"], [false, true], ["none", "holes", "empty"]);

    // Two of every kind: of the queries, keys and values, and of what arrives.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Grad_OfTheGradients_EqualsTheFormula(string name, bool causal, string mask)
    {
        var mechanism = AttentionMechanism.Parse(name);
        using var fused = new AttentionCase(2, 70, ScalarType.Float32, causal, mask);
        using var formula = new AttentionCase(2, 70, ScalarType.Float32, causal, mask);

        var actual = Derivatives(fused, x => x.Attend(mechanism));
        var expected = Derivatives(formula, x => x.AttendByFormula(mechanism));

        Assert.All(actual.Zip(expected), pair => Assert.InRange(AttentionCase.Error(pair.First, pair.Second), 0, mechanism.Tolerance));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_GradientPenaltyOfSelfAttention_EqualsTheFormula(bool causal)
    {
        using var scope = NewDisposeScope();

        Tensor Penalty(Func<TorchTensor, TorchTensor, TorchTensor> attend)
        {
            var x = randn([1, 2, 5, 4], generator: new Generator(3)).requires_grad_();
            var weight = ones(4).requires_grad_();
            var output = attend(new(x * weight), new(x)).Value;
            autograd.grad([output.pow(2).sum()], [x], retain_graph: true, create_graph: true)[0].pow(2).sum().backward();
            return weight.grad!;
        }

        var actual = Penalty((queries, x) => AttentionMechanism.LinearElu.Attend(queries, x, x, new(Causal: causal)));
        var expected = Penalty((queries, x) => AttentionMechanism.LinearElu.AttendByFormula(queries, x, x, new(Causal: causal)));

        Assert.InRange(AttentionCase.Error(actual, expected), 0, 1e-5);
    }

    [Fact]
    public void Grad_OneTensorPassedThreeTimesAndDifferentiatedThrice_EqualsTheFormula()
    {
        using var scope = NewDisposeScope();

        Tensor Third(Func<TorchTensor, TorchTensor> attend)
        {
            var x = randn([1, 2, 5, 4], generator: new Generator(3)).requires_grad_();
            var y = attend(new(x)).Value;
            for (var i = 0; i < 3; i++)
            {
                y = autograd.grad([y.pow(2).sum()], [x], create_graph: true, retain_graph: true)[0];
            }

            return y;
        }

        var actual = Third(x => AttentionMechanism.LinearElu.Attend(x, x, x, new(Causal: true)));
        var expected = Third(x => AttentionMechanism.LinearElu.AttendByFormula(x, x, x, new(Causal: true)));

        Assert.InRange(AttentionCase.Error(actual / expected.abs().max(), expected / expected.abs().max()), 0, 1e-4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Grad_OneInputNeedsThem_GivesThoseOfTheFormula(int which)
    {
        using var scope = NewDisposeScope();

        Tensor Second(Func<TorchTensor, TorchTensor, TorchTensor, TorchTensor> attend)
        {
            Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(seed => randn([1, 2, 5, 4], generator: new Generator((ulong)seed)))];
            inputs[which].requires_grad_();
            var output = attend(new(inputs[0]), new(inputs[1]), new(inputs[2])).Value;
            var first = autograd.grad([output.pow(2).sum()], [inputs[which]], create_graph: true, retain_graph: true)[0];
            return autograd.grad([first.pow(2).sum()], [inputs[which]])[0];
        }

        var actual = Second((q, k, v) => AttentionMechanism.LinearElu.Attend(q, k, v));
        var expected = Second((q, k, v) => AttentionMechanism.LinearElu.AttendByFormula(q, k, v));

        Assert.InRange(AttentionCase.Error(actual, expected), 0, 1e-5);
    }

    private static Tensor[] Derivatives(AttentionCase sample, Func<AttentionCase, Tensor> attend)
    {
        Tensor[] inputs = [.. new[] { sample.Queries, sample.Keys, sample.Values }.Select(x => x.detach().requires_grad_())];
        (sample.Queries, sample.Keys, sample.Values) = (inputs[0], inputs[1], inputs[2]);
        var output = attend(sample);
        var arriving = randn(output.shape, generator: new Generator(7)).requires_grad_();
        var first = autograd.grad([output], inputs, [arriving], retain_graph: true, create_graph: true);
        var loss = first.Select(gradient => (gradient * gradient).sum()).Aggregate((sum, next) => sum + next);
        return [.. first.Select(gradient => gradient.detach()), .. autograd.grad([loss], [.. inputs, arriving])];
    }
}
