using AttentionML.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AttentionML.Tests.Training;

public class AdamWTests
{
    private static readonly long[][] Shapes = [[3, 7], [1], [63], [2, 1, 5]];

    [Fact]
    public void Step_ManyTimes_GivesTheBitsOfTorchSharps()
    {
        TorchRuntime.Initialize();
        using var scope = NewDisposeScope();
        using var random = new Generator(42);
        var (ours, theirs) = (Weights(), Weights());
        using var own = new AttentionML.Training.AdamW(ours, weightDecay: 0.03);
        using var reference = optim.AdamW(theirs, 1e-3, weight_decay: 0.03);

        for (var step = 0; step < 50; step++)
        {
            foreach (var (left, right) in ours.Zip(theirs))
            {
                left.grad = randn(left.shape, generator: random);
                right.grad = left.grad!.clone();
            }

            var rate = 1e-3 * (step + 1);
            reference.ParamGroups.Single().LearningRate = rate;
            own.Step(rate, step);
            reference.step();
        }

        Assert.Equal(theirs.Select(Elements), ours.Select(Elements));
    }

    [Fact]
    public void Step_Once_IsTheFormulaInDouble()
    {
        TorchRuntime.Initialize();
        using var scope = NewDisposeScope();
        var weights = Weights();
        var before = weights.Select(Elements).ToArray();
        foreach (var weight in weights)
        {
            weight.grad = full_like(weight, 0.25f);
        }

        using (var own = new AttentionML.Training.AdamW(weights, weightDecay: 0.1))
        {
            own.Step(learningRate: 0.01, step: 0);
        }

        var moved = 0.01 * 0.25 / (Math.Sqrt(0.25 * 0.25) + 1e-8); // both moments are the gradient's own at the first step
        var expected = before.SelectMany(values => values).Select(value => (float)(value * (1 - 0.01 * 0.1) - moved));
        Assert.All(expected.Zip(weights.SelectMany(Elements)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    private static Parameter[] Weights()
    {
        using var random = new Generator(1);
        return [.. Shapes.Select(shape => new Parameter(randn(shape, generator: random)))];
    }

    private static float[] Elements(Parameter weight) => AttentionML.Models.AttentionModel.Elements(weight);
}
