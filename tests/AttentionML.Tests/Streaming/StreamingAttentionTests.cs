using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Streaming;
using AttentionML.Tests.Export;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Models;
using static TorchSharp.torch;

namespace AttentionML.Tests.Streaming;

/// <summary>However a sequence is cut, and whatever other sequences come between, its outputs are those of one pass.</summary>
public class StreamingAttentionTests
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
        MaximumLength = 170,
        Mechanism = AttentionMechanism.LinearElu,
        Causal = true,
    };

    public static TheoryData<string> Architectures => [.. ByName.Keys];

    private static Dictionary<string, AttentionModelOptions> ByName => new()
    {
        ["default"] = Small,
        ["relu"] = Small with { Mechanism = AttentionMechanism.LinearRelu },
        ["relu positive"] = Small with { Mechanism = AttentionMechanism.LinearReluPositive },
        ["kernel of one step"] = Small with { KernelLength = 1 },
        ["projection"] = Small with { Embedding = InputEmbedding.Projection },
        ["tokens"] = Small with { Embedding = InputEmbedding.Tokens, VocabularySize = 11, FeatureCount = 1 },
        ["scaling none"] = Small with { Scaling = InputScaling.None },
        ["positions none"] = Small with { Positions = PositionEncoding.None },
        ["positions learned"] = Small with { Positions = PositionEncoding.Learned },
        ["positions rotary"] = Small with { Positions = PositionEncoding.Rotary },
        ["pooling none"] = Small with { Pooling = SequencePooling.None },
        ["pooling first"] = Small with { Pooling = SequencePooling.First },
        ["pooling last"] = Small with { Pooling = SequencePooling.Last },
    };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Push_SequenceCutAnywhere_GivesWhatOnePassGives(string architecture)
    {
        using var model = RandomModel.Create(ByName[architecture], Outputs);
        using var streaming = StreamingAttention.Over(model);
        var sequence = Sequence(model.Options, 150, seed: 1);
        foreach (var pieces in new int[][] { [150], [1, 149], [64, 64, 22], [63, 2, 85], [5, 1, 1, 100, 43], [.. Enumerable.Repeat(1, 150)] })
        {
            var stream = streaming.Open();
            var end = 0;
            foreach (var length in pieces)
            {
                var start = end;
                end += length;
                var width = model.Options.FeatureCount;
                var actual = stream.Push(sequence.AsSpan(start * width, length * width));

                var expected = OnePass(model, sequence.AsSpan(0, end * width));
                AssertClose(streaming.HasOutputPerStep ? expected[^(length * 3)..] : expected, actual);
            }

            Assert.Equal(150, stream.StepCount);
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Load_OfAnExportedModel_GivesWhatTorchGivesAndSharesItsStates(string architecture)
    {
        using var folder = new TemporaryFolder();
        using var model = RandomModel.Create(ByName[architecture], Outputs);
        using var torch = StreamingAttention.Over(model);
        var parity = model.ExportStreamingOnnx(folder.File("model.onnx"));

        using var onnx = StreamingAttention.Load(folder.File("model.onnx"));
        var steps = Sequence(model.Options, 40, seed: 1);
        var half = steps.Length / 2;
        var stream = torch.Open();
        stream.Push(steps.AsSpan(0, half));
        var moved = onnx.Restore(stream.Save());

        AssertClose(stream.Push(steps.AsSpan(half)), moved.Push(steps.AsSpan(half)));
        Assert.InRange(parity.WorstError, 0, parity.Tolerance);
        Assert.Equal((torch.StepWidth, torch.OutputWidth, torch.HasOutputPerStep), (onnx.StepWidth, onnx.OutputWidth, onnx.HasOutputPerStep));
    }

    [Theory]
    [MemberData(nameof(LinearNames))]
    public void Load_OfAnExportedMechanism_GivesWhatManagedCodeGives(string name)
    {
        using var folder = new TemporaryFolder();
        var mechanism = LawSubjects.Get(name);
        mechanism.ExportStreamingOnnx(folder.File("model.onnx"), headCount: 2, headDimension: 4);
        using var managed = StreamingAttention.Over(mechanism, headCount: 2, headDimension: 4);
        using var onnx = StreamingAttention.Load(folder.File("model.onnx"));
        var steps = Sequence(Small with { FeatureCount = 8 }, 90, seed: 1);

        AssertClose(managed.Open().Push(steps), onnx.Open().Push(steps));
    }

    [Fact]
    public void Load_OfAnotherFile_SaysWhatIsWrong()
    {
        using var folder = new TemporaryFolder();
        AttentionMechanism.LinearElu.ExportOnnx(folder.File("whole.onnx"), new() { HeadCount = 1, HeadDimension = 2 });
        File.WriteAllText(folder.File("text.onnx"), "no model");

        Assert.Throws<FileNotFoundException>(() => StreamingAttention.Load(folder.File("missing.onnx")));
        Assert.Contains("attentionml.streaming", Assert.Throws<InvalidDataException>(() => StreamingAttention.Load(folder.File("whole.onnx"))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => StreamingAttention.Load(folder.File("text.onnx")));
    }

    [Fact]
    public void Restore_OfAStateUnderOtherWeights_IsRefused()
    {
        using var model = RandomModel.Create(Small, Outputs);
        using var other = RandomModel.Create(Small, Outputs, seed: 43);
        using var streaming = StreamingAttention.Over(model);
        using var otherStreaming = StreamingAttention.Over(other);

        var thrown = Assert.Throws<InvalidDataException>(() => otherStreaming.Restore(streaming.Open().Save()));

        Assert.Contains("another model", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(LinearNames))]
    public void Push_ToAMechanismByItself_GivesWhatOnePassGives(string name)
    {
        var mechanism = LawSubjects.Get(name);
        using var scope = NewDisposeScope();
        using var streaming = StreamingAttention.Over(mechanism, headCount: 2, headDimension: 3, valueDimension: 5);
        using var generator = new Generator(7);
        var (q, k, v) = (randn([1, 70, 6], generator: generator), randn([1, 70, 6], generator: generator), randn([1, 70, 10], generator: generator));
        var expected = Heads(mechanism.Attend(Split(q), Split(k), Split(v), new(Causal: true)).Value);

        var stream = streaming.Open();
        var steps = cat([q, k, v], -1).data<float>().ToArray();
        float[] actual = [.. stream.Push(steps.AsSpan(0, 22 * 3)), .. stream.Push(steps.AsSpan(22 * 3))];

        var written = new float[actual.Length];
        var other = streaming.Open();
        other.Push(steps.AsSpan(0, 22 * 3), written.AsSpan(0, 10 * 3));
        other.Push(steps.AsSpan(22 * 3), written.AsSpan(10 * 3));

        Assert.Equal((22, 10, true), (streaming.StepWidth, streaming.OutputWidth, streaming.HasOutputPerStep));
        AssertClose(expected, actual);
        AssertClose(actual, written);

        static AttentionML.Tensors.TorchTensor Split(Tensor packed) => new(packed.reshape(1, 70, 2, -1).transpose(1, 2));

        static float[] Heads(Tensor heads) => heads.transpose(1, 2).contiguous().data<float>().ToArray();
    }

    public static TheoryData<string> LinearNames => [.. AttentionMechanism.All.Where(mechanism => mechanism is IStreamingAttention).Select(mechanism => mechanism.Name)];

    [Fact]
    public void Push_OfAPieceLongerThanARun_GivesWhatOnePassGives()
    {
        using var model = RandomModel.Create(Small with { Pooling = SequencePooling.None }, Outputs);
        using var streaming = StreamingAttention.Over(model);
        var sequence = Sequence(Small, 9000, seed: 1);

        AssertClose(OnePass(model, sequence), streaming.Open().Push(sequence));
    }

    [Fact]
    public void Restore_OfWhatWasSaved_GoesOnToTheBit()
    {
        using var model = RandomModel.Create(Small, Outputs);
        using var streaming = StreamingAttention.Over(model);
        var sequence = Sequence(Small, 40, seed: 1);
        var stream = streaming.Open();
        stream.Push(sequence.AsSpan(0, 50));

        var restored = streaming.Restore(stream.Save());

        Assert.Equal(25, restored.StepCount);
        Assert.Equal(stream.Push(sequence.AsSpan(50)), restored.Push(sequence.AsSpan(50)));
    }

    [Fact]
    public void Reset_OfAStream_StartsAnotherSequence()
    {
        using var model = RandomModel.Create(Small, Outputs);
        using var streaming = StreamingAttention.Over(model);
        var stream = streaming.Open();
        var first = stream.Push(Sequence(Small, 30, seed: 1));
        stream.Push(Sequence(Small, 30, seed: 2));

        stream.Reset();

        Assert.Equal(first, stream.Push(Sequence(Small, 30, seed: 1)));
    }

    [Fact]
    public void Restore_OfAnotherState_SaysWhatIsWrong()
    {
        using var model = RandomModel.Create(Small, Outputs);
        using var other = RandomModel.Create(Small with { LayerCount = 1 }, Outputs);
        using var streaming = StreamingAttention.Over(model);
        using var otherStreaming = StreamingAttention.Over(other);
        using var weights = new MemoryStream();
        model.SaveWeights(weights);
        var saved = streaming.Open().Save();

        Assert.Contains("blocks.1", Assert.Throws<InvalidDataException>(() => otherStreaming.Restore(saved)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => streaming.Restore(saved.AsSpan(0, saved.Length - 1)));
        Assert.Throws<InvalidDataException>(() => streaming.Restore(weights.ToArray()));
    }

    [Fact]
    public void Push_OfWhatCannotBeTakenIn_SaysWhyAndLeavesEveryStreamAsItWas()
    {
        using var model = RandomModel.Create(Small with { Positions = PositionEncoding.Learned }, Outputs);
        using var streaming = StreamingAttention.Over(model);
        using var other = StreamingAttention.Over(model);
        var (stream, second) = (streaming.Open(), streaming.Open());
        var steps = Sequence(Small, 100, seed: 1);
        stream.Push(steps);

        Refused("another StreamingAttention", [new(other.Open(), steps)]);
        Refused("Piece 1", [new(second, steps), new(second, steps)]);
        Refused("at least one", [new(second, steps), new(stream, ReadOnlyMemory<float>.Empty)]);
        Refused("steps of 2 values", [new(stream, steps.AsMemory(0, 3))]);
        Refused("NaN in step 1", [new(stream, new float[] { 1, 2, float.NaN, 4 })]);
        Refused("Infinity in step 0", [new(stream, new[] { 1, float.PositiveInfinity })]);
        Refused("learned positions for 170", [new(stream, steps)]);
        Assert.Equal((100, 0), (stream.StepCount, second.StepCount));

        void Refused(string message, StreamPiece[] pieces) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => streaming.Push(pieces)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Push_OfATokenOutsideTheVocabulary_IsRefused()
    {
        using var model = RandomModel.Create(ByName["tokens"], Outputs);
        using var streaming = StreamingAttention.Over(model);

        foreach (var token in new[] { -1f, 11, 2.5f })
        {
            Assert.Contains("from 0 to 10", Assert.Throws<ArgumentException>(() => streaming.Open().Push([token])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Over_AModelThatNeedsTheWholeSequence_SaysWhyAndWhatToChoose()
    {
        using var model = RandomModel.Create(
            new() { Scaling = InputScaling.PerSeries, Embedding = InputEmbedding.Patches, Pooling = SequencePooling.Attention }, Outputs);

        var message = Assert.Throws<NotSupportedException>(() => StreamingAttention.Over(model)).Message;

        Assert.All(["Causal = true", "'softmax'", "PerSeries", "patch", "attention pooling"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Throws<NotSupportedException>(() => StreamingAttention.Over(AttentionMechanism.Softmax, 1, 4));
    }

    private static float[] Sequence(AttentionModelOptions options, int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length * options.FeatureCount).Select(_ =>
            options.Embedding == InputEmbedding.Tokens ? random.Next(options.VocabularySize) : random.NextSingle() * 4 - 2)];
    }

    private static float[] OnePass(AttentionModel model, ReadOnlySpan<float> sequence)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var input = tensor(sequence.ToArray());
        input = model.Options.Embedding == InputEmbedding.Tokens ? input.reshape(1, -1) : input.reshape(1, -1, model.Options.FeatureCount);
        return model.Forward(input).data<float>().ToArray();
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst < 2e-5, $"The outputs differ by {worst}.");
    }
}
