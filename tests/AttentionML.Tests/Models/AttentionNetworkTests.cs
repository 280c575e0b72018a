using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tests.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;

namespace AttentionML.Tests.Models;

/// <summary>The whole model, in every architecture: torch against ONNX Runtime, and what padding must not change.</summary>
public class AttentionNetworkTests
{
    private static readonly ModelOutputs Outputs = new(3);

    private static readonly AttentionModelOptions Small = new()
    {
        FeatureCount = 2,
        ModelDimension = 8,
        HeadCount = 2,
        LayerCount = 2,
        FeedForwardDimension = 12,
        KernelLength = 5,
        PatchLength = 4,
        MaximumLength = 70,
        Mechanism = AttentionMechanism.LinearElu,
    };

    public static TheoryData<string> Architectures => [.. ByName.Keys];

    private static Dictionary<string, AttentionModelOptions> ByName => new()
    {
        ["default"] = Small,
        ["softmax"] = Small with { Mechanism = AttentionMechanism.Softmax },
        ["causal"] = Small with { Causal = true },
        ["causal softmax"] = Small with { Causal = true, Mechanism = AttentionMechanism.Softmax },
        ["projection"] = Small with { Embedding = InputEmbedding.Projection },
        ["patches"] = Small with { Embedding = InputEmbedding.Patches },
        ["tokens"] = Small with { Embedding = InputEmbedding.Tokens, VocabularySize = 11, FeatureCount = 1 },
        ["scaling none"] = Small with { Scaling = InputScaling.None },
        ["scaling per series"] = Small with { Scaling = InputScaling.PerSeries },
        ["positions none"] = Small with { Positions = PositionEncoding.None },
        ["positions learned"] = Small with { Positions = PositionEncoding.Learned },
        ["positions rotary"] = Small with { Positions = PositionEncoding.Rotary },
        ["pooling none"] = Small with { Pooling = SequencePooling.None },
        ["pooling first"] = Small with { Pooling = SequencePooling.First },
        ["pooling last"] = Small with { Pooling = SequencePooling.Last },
        ["pooling attention"] = Small with { Pooling = SequencePooling.Attention },
    };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Forward_InOnnxRuntime_GivesWhatTorchGives(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(ByName[architecture], Outputs);
        foreach (var masked in new[] { false, true })
        {
            using var onnx = new OnnxRun(Export(model, masked));
            foreach (var (batchSize, length) in new[] { (1, 1), (3, 7), (2, 64), (3, 65) })
            {
                var input = Input(model.Options, batchSize, length);
                var mask = masked ? RightPadding(batchSize, length) : null;
                var expected = model.Forward(input, mask);

                var actual = mask is null ? onnx.Run(("input", input)) : onnx.Run(("input", input), ("mask", mask));

                Assert.Equal(expected.shape, actual.shape);
                Assert.InRange((actual - expected).abs().max().item<float>(), 0, 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Forward_PaddingAppended_ChangesNothing(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(ByName[architecture], Outputs);
        var input = Input(model.Options, 2, 23);
        var expected = model.Forward(input);

        var shape = input.shape;
        shape[1] = 14;
        var padded = cat([input, model.Options.Embedding == InputEmbedding.Tokens ? zeros(shape) : full(shape, float.NaN)], 1);
        var actual = model.Forward(padded, cat([ones(2, 23), zeros(2, 14)], 1));

        actual = model.Options.Pooling == SequencePooling.None ? actual[.., ..23] : actual;
        Assert.InRange((actual - expected).abs().max().item<float>(), 0, 1e-5);
    }

    [Theory]
    [InlineData(InputEmbedding.Convolution)]
    [InlineData(InputEmbedding.Projection)]
    [InlineData(InputEmbedding.Tokens)]
    [InlineData(InputEmbedding.Patches)]
    public void Forward_Causal_NoStepSeesALaterOne(InputEmbedding embedding)
    {
        using var scope = NewDisposeScope();
        var perStep = embedding != InputEmbedding.Patches;
        using var model = RandomModel.Create(
            Small with
            {
                Causal = true,
                Embedding = embedding,
                FeatureCount = embedding == InputEmbedding.Tokens ? 1 : 2,
                VocabularySize = 11,
                Pooling = perStep ? SequencePooling.None : SequencePooling.First,
            },
            Outputs);
        var input = Input(model.Options, 2, 32);
        var changed = input.clone();
        changed[.., 20..] = embedding == InputEmbedding.Tokens ? 1 : 9;

        var (before, after) = (model.Forward(input), model.Forward(changed));

        (before, after) = perStep ? (before[.., ..20], after[.., ..20]) : (before, after);
        Assert.True(before.eq(after).all().item<bool>());
        Assert.False(model.Forward(input).eq(model.Forward(changed)).all().item<bool>() && perStep);
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Forward_Trained_ReachesEveryWeight(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(ByName[architecture], Outputs);

        model.Forward(Input(model.Options, 4, 31), RightPadding(4, 31), new Generator(1)).pow(2).sum().backward();

        Assert.All(model.Declared.Where(weight => weight.IsTrained).Zip(model.TrainedWeights), pair =>
            Assert.True(pair.Second.grad is { } gradient && gradient.isfinite().all().item<bool>(), $"{pair.First.Name} has no finite gradient."));
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Weights_SavedAndLoaded_GiveTheSameBits(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(ByName[architecture], Outputs);
        using var other = RandomModel.Create(ByName[architecture], Outputs, seed: 43);
        using var file = new MemoryStream();
        var input = Input(model.Options, 2, 20);

        model.SaveWeights(file);
        other.LoadWeights(file.ToArray());

        Assert.True(other.Forward(input).eq(model.Forward(input)).all().item<bool>());
    }

    private static Tensor Input(AttentionModelOptions options, int batchSize, int length)
    {
        using var generator = new Generator(42);
        return options.Embedding == InputEmbedding.Tokens
            ? randint(1, options.VocabularySize, [batchSize, length], generator: generator).to(ScalarType.Float32)
            : randn([batchSize, length, options.FeatureCount], generator: generator);
    }

    private static Tensor RightPadding(int batchSize, int length)
    {
        var mask = ones(batchSize, length);
        for (var n = 1; n < batchSize; n++)
        {
            mask[n, Math.Max(1, length - 9 * n)..] = 0;
        }

        return mask;
    }

    private static byte[] Export(AttentionModel model, bool masked) =>
        new ModelExport(model, new ModelHead(), "input", [new ModelColumn.Numbers("output", "")], new Dictionary<string, string>())
            .Prepare(new() { Masked = masked }).Model.ToByteArray();
}
