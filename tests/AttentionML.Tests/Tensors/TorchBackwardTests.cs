using System.Runtime.InteropServices;
using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Pipelines;
using Microsoft.ML;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>An error in a fused backward pass reaches whoever asked for the gradients, and nobody else.</summary>
public class TorchBackwardTests
{
    private static readonly AttentionMechanism Failing = AttentionMechanism.Linear(new PointwiseFeatureMap<WithoutDerivative>("without-derivative", isStrictlyPositive: true));

    [Fact]
    public void Run_OutputChangedInPlace_ThrowsWithLibtorchsReasonAndLeavesNoGradient()
    {
        using var scope = NewDisposeScope();
        var x = randn([1, 1, 5, 4], requires_grad: true);
        var output = Attend(AttentionMechanism.LinearElu, x);
        output.add_(1.0);

        var error = Assert.Throws<InvalidOperationException>(() => TorchBackward.Run(output.sum()));

        Assert.Contains("modified by an inplace operation", error.InnerException!.Message, StringComparison.Ordinal);
        Assert.Null(x.grad);
        AssertTrainable();
    }

    [Fact]
    public void Backward_InputChangedInPlace_ThrowsInTheCallThatItBelongsTo()
    {
        using var scope = NewDisposeScope();
        var leaf = randn([1, 1, 5, 4], requires_grad: true);
        var x = leaf * 1.0;
        var output = Attend(AttentionMechanism.LinearElu, x);
        x.add_(1.0);

        var error = Assert.ThrowsAny<ExternalException>(() => output.sum().backward());

        Assert.Contains("returned an invalid gradient", error.Message, StringComparison.Ordinal);
        Assert.Null(leaf.grad);
        AssertTrainable();
    }

    [Fact]
    public void Run_FeatureMapThrows_ThrowsWithItsException()
    {
        using var scope = NewDisposeScope();
        var x = randn([1, 1, 5, 4], requires_grad: true);
        var output = Attend(Failing, x);

        var error = Assert.Throws<InvalidOperationException>(() => TorchBackward.Run(output.sum()));

        Assert.Equal("There is no derivative.", Assert.IsType<NotSupportedException>(error.InnerException).Message);
        AssertTrainable();
    }

    // One step, so that no later one could say it.
    [Fact]
    public void Fit_BackwardPassFails_ThrowsBeforeTheWeightsChange()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.MulticlassClassification.Trainers.Attention(new AttentionTrainerOptions
        {
            Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8, Mechanism = Failing },
            Training = new() { Epochs = 1, BatchSize = 16 },
        });

        var error = Assert.ThrowsAny<Exception>(() => ml.Transforms.Conversion.MapValueToKey("Label").Append(trainer).Fit(Waves.View(ml, 12, seed: 1)));

        Assert.Equal("There is no derivative.", error.GetBaseException().Message);
    }

    [Fact]
    public void Run_ErrorOfAnotherOperation_IsLeftAsItIs()
    {
        using var scope = NewDisposeScope();
        var x = randn([1, 1, 5, 4], requires_grad: true);
        var changed = x.exp();
        changed.add_(1.0);

        var error = Assert.ThrowsAny<ExternalException>(() => TorchBackward.Run(changed.sum()));

        Assert.Contains("modified by an inplace operation", error.Message, StringComparison.Ordinal);
    }

    // TorchSharp lets every error of this call end the process.
    [Fact]
    public void Grad_OutputChangedInPlace_GivesNaNInPlaceOfTheProcesssEnd()
    {
        using var scope = NewDisposeScope();
        var x = randn([1, 1, 5, 4], requires_grad: true);
        var output = Attend(AttentionMechanism.LinearElu, x);
        output.add_(1.0);

        var gradient = autograd.grad([output.sum()], [x])[0];

        Assert.True(gradient.isnan().all().item<bool>());
        AssertTrainable();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_MaskUsedAgain_GivesTheGradientsOfTheMaskThatWas(bool createGraph)
    {
        using var scope = NewDisposeScope();
        var x = randn([1, 1, 5, 4], requires_grad: true);
        var y = x.detach().requires_grad_();
        var mask = tensor(new float[] { 1, 0, 1, 1, 0 }, [1, 5]);
        var output = AttentionMechanism.LinearElu.Attend<TorchTensor>(new(x), new(x), new(x), new(new TorchTensor(mask))).Value;
        var expected = AttentionMechanism.LinearElu.AttendByFormula<TorchTensor>(new(y), new(y), new(y), new(new TorchTensor(mask))).Value;

        mask.zero_();

        var actual = autograd.grad([output.sum()], [x], create_graph: createGraph)[0];
        Assert.InRange(AttentionCase.Error(actual, autograd.grad([expected.sum()], [y])[0]), 0, 1e-5);
    }

    private static Tensor Attend(AttentionMechanism mechanism, Tensor x) => mechanism.Attend<TorchTensor>(new(x), new(x), new(x)).Value;

    // Another model on this thread hears nothing of it.
    private static void AssertTrainable()
    {
        var x = randn([1, 1, 5, 4], requires_grad: true);
        TorchBackward.Run(Attend(AttentionMechanism.LinearRelu, x).sum());
        Assert.True(x.grad!.isfinite().all().item<bool>());
    }

    private readonly struct WithoutDerivative : IPointwiseFunction
    {
        public static T Apply<T>(T x)
            where T : struct, IPointwise<T> =>
            typeof(T).Name.StartsWith(nameof(Dual<>), StringComparison.Ordinal) ? throw new NotSupportedException("There is no derivative.") : x.Relu() + 1e-3;
    }
}
