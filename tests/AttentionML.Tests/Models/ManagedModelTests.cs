using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Models;

/// <summary>The managed model against torch's, in every architecture; what it allocates, and who may share it.</summary>
public class ManagedModelTests
{
    private static readonly ModelOutputs Outputs = new(3);

    private static readonly AttentionModelOptions Small = new()
    {
        FeatureCount = 2,
        ModelDimension = 12,
        HeadCount = 2,
        LayerCount = 2,
        FeedForwardDimension = 13,
        KernelLength = 5,
        PatchLength = 4,
        MaximumLength = 70,
    };

    public static TheoryData<string, bool> Mechanisms => LawSubjects.NamesAndDirections;

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Forward_InEveryArchitecture_GivesWhatTorchGives(string mechanism, bool causal)
    {
        var options = Small with { Mechanism = LawSubjects.Get(mechanism), Causal = causal };
        var scalings = Enum.GetValues<InputScaling>();
        var checkedCount = 0;
        foreach (var embedding in Enum.GetValues<InputEmbedding>())
        {
            foreach (var positions in Enum.GetValues<PositionEncoding>())
            {
                foreach (var pooling in Enum.GetValues<SequencePooling>().Where(pooling => (embedding, pooling) is not (InputEmbedding.Patches, SequencePooling.None)))
                {
                    RequireSame(
                        options with
                        {
                            Embedding = embedding,
                            FeatureCount = embedding == InputEmbedding.Tokens ? 1 : 2,
                            VocabularySize = embedding == InputEmbedding.Tokens ? 11 : 0,
                            Positions = positions,
                            Pooling = pooling,
                            Scaling = scalings[checkedCount++ % scalings.Length],
                        },
                        Outputs with { AreScaled = checkedCount % 2 == 0 });
                }
            }
        }

        Assert.Equal(76, checkedCount);
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("linear-elu")]
    public void Forward_OfTheDefaultModel_GivesWhatTorchGives(string mechanism)
    {
        RequireSame(new() { FeatureCount = 3, Mechanism = AttentionMechanism.Parse(mechanism) }, Outputs);
        RequireSame(new() { FeatureCount = 3, Mechanism = AttentionMechanism.Parse(mechanism), Causal = true }, Outputs);
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Forward_HeadsThatShareKeysAndValues_GivesWhatTorchGives(string mechanism, bool causal) =>
        RequireSame(Small with { Mechanism = new SharedKeys(LawSubjects.Get(mechanism)), Causal = causal }, Outputs);

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Forward_ANaN_StaysInItsRow(string mechanism, bool causal)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(Small with { Mechanism = LawSubjects.Get(mechanism), Causal = causal }, Outputs);
        var managed = Managed(model);
        var input = Input(model.Options, 3, 19).data<float>().ToArray();
        var expected = new float[9];
        managed.Forward(input, 3, expected);

        input[(19 + 7) * 2] = float.NaN;
        var actual = new float[9];
        managed.Forward(input, 3, actual);

        Assert.Equal(expected[..3], actual[..3]);
        Assert.All(actual[3..6], value => Assert.Equal(float.NaN, value));
        Assert.Equal(expected[6..], actual[6..]);
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Forward_OfShapesSeenBefore_AllocatesNothing(string mechanism, bool causal)
    {
        using var model = RandomModel.Create(Small with { Mechanism = LawSubjects.Get(mechanism), Causal = causal }, Outputs);
        var managed = Managed(model);
        (float[] Input, float[] Visible, float[] Output)[] calls =
        [
            .. new[] { (1, 31), (3, 8), (2, 65) }.Select(shape => (
                new float[shape.Item1 * shape.Item2 * 2], Enumerable.Repeat(1f, shape.Item1 * shape.Item2).ToArray(), new float[shape.Item1 * 3])),
        ];
        Round();

        // A garbage collection for other tests can add what is left of this thread's own block of memory to one of the counts.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedBy(Round)).ToArray());

        static long AllocatedBy(Action work)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Round()
        {
            foreach (var (input, visible, output) in calls)
            {
                managed.Forward(input, output.Length / 3, output);
                managed.Forward(input, output.Length / 3, output, visible);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task Forward_By64CallersAtOnce_GivesEachItsOwn(string mechanism, bool causal)
    {
        using var model = RandomModel.Create(Small with { Mechanism = LawSubjects.Get(mechanism), Causal = causal }, Outputs);
        var managed = Managed(model);
        float[][] inputs = [.. Enumerable.Range(0, 64).Select(caller => Elements(Input(model.Options, 1, 1 + caller % 9, (ulong)caller)))];
        float[][] expected = [.. inputs.Select(input => Outcome(Managed(model), input))];
        using var start = new Barrier(inputs.Length);

        var actual = await Task.WhenAll(inputs.Select(input => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return Enumerable.Range(0, 20).Select(_ => Outcome(managed, input)).ToArray();
            },
            TaskCreationOptions.LongRunning)));

        Assert.All(actual.Zip(expected), caller => Assert.All(caller.First, outcome => Assert.Equal(caller.Second, outcome)));

        static float[] Outcome(ManagedModel model, float[] input)
        {
            var output = new float[3];
            model.Forward(input, 1, output);
            return output;
        }
    }

    [Fact]
    public void SaveWeights_OfAManagedModel_WritesTheSameFile()
    {
        using var model = RandomModel.Create(Small, Outputs);
        using var expected = new MemoryStream();
        using var actual = new MemoryStream();
        model.SaveWeights(expected);

        ManagedModel.Read(Small, Outputs, expected.ToArray()).SaveWeights(actual);

        Assert.Equal(expected.ToArray(), actual.ToArray());
    }

    [Fact]
    public void Forward_OfWhatDoesNotFit_SaysWhat()
    {
        using var model = RandomModel.Create(Small with { Positions = PositionEncoding.Learned }, Outputs);
        var managed = Managed(model);

        Assert.Contains("7 numbers are no 1 sequences", Refused(7, 1, 3), StringComparison.Ordinal);
        Assert.Contains("0 numbers are no 2 sequences", Refused(0, 2, 6), StringComparison.Ordinal);
        Assert.Contains("room for 4 numbers; the model gives 3", Refused(8, 1, 4), StringComparison.Ordinal);
        Assert.Contains("71 steps, and the model has learned positions for 70", Refused(142, 1, 3), StringComparison.Ordinal);
        Assert.Contains("mask has 3 numbers", Assert.Throws<ArgumentException>(
            () => managed.Forward(new float[8], 1, new float[3], [1, 1, 0])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => managed.Forward([], 0, []));

        string Refused(int input, int batchSize, int output) =>
            Assert.Throws<ArgumentException>(() => managed.Forward(new float[input], batchSize, new float[output])).Message;
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-0.4f)]
    [InlineData(1.7f)]
    [InlineData(11)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Forward_OfANumberThatIsNoToken_IsRefusedHereAndInTorchAlike(float number)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(Small with { Embedding = InputEmbedding.Tokens, FeatureCount = 1, VocabularySize = 11 }, Outputs);
        float[] input = [1, 2, 3, 4, number, 5];

        var here = Assert.Throws<ArgumentException>(() => Managed(model).Forward(input, 2, new float[6]));
        var inTorch = Assert.Throws<ArgumentException>(() => model.Forward(tensor(input, [2, 3])));

        Assert.StartsWith(FormattableString.Invariant($"Sequence 1 holds {number} at step 1; a token is a whole number from 0 to 10."), here.Message, StringComparison.Ordinal);
        Assert.Equal(here.Message, inTorch.Message);
        Assert.Throws<ArgumentException>(() => model.Encode(tensor(input, [2, 3])));
    }

    [Fact]
    public void Forward_OfMoreScoresThanFit_SaysTheLimit()
    {
        using var model = RandomModel.Create(
            new() { ModelDimension = 258, HeadCount = 1, LayerCount = 1, FeedForwardDimension = 4, Embedding = InputEmbedding.Projection, Positions = PositionEncoding.None }, Outputs);
        var managed = Managed(model);

        var thrown = Assert.Throws<ArgumentException>(() => managed.Forward(new float[50_000], 1, new float[3]));

        Assert.Contains("1 sequences of 50000 steps need more than the", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("a score for every two steps where a head has more than 256 features", thrown.Message, StringComparison.Ordinal);
    }

    private static void RequireSame(AttentionModelOptions options, ModelOutputs outputs)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var model = RandomModel.Create(options, outputs);
        var managed = Managed(model);
        foreach (var (batchSize, length, masked) in new[] { (1, 1, false), (3, 7, true), (2, 65, false), (3, 66, true) })
        {
            var input = Input(options, batchSize, length);
            var mask = masked ? Mask(batchSize, length) : null;
            var expected = Elements(model.Forward(input, mask));
            var actual = new float[expected.Length];

            managed.Forward(Elements(input), batchSize, actual, mask is null ? [] : Elements(mask));

            var allowed = options.Mechanism.Tolerance * (options.LayerCount + 1) * Math.Max(1, expected.Max(Math.Abs));
            Assert.True(
                expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= allowed),
                $"{options} at [{batchSize}, {length}], masked {masked}: {string.Join(" ", actual.Take(6))} and in torch {string.Join(" ", expected.Take(6))}.");
        }
    }

    private static ManagedModel Managed(AttentionModel model)
    {
        using var file = new MemoryStream();
        model.SaveWeights(file);
        return ManagedModel.Read(model.Options, model.Outputs, file.ToArray());
    }

    private static Tensor Input(AttentionModelOptions options, int batchSize, int length, ulong seed = 42)
    {
        using var generator = new Generator(seed);
        return options.Embedding == InputEmbedding.Tokens
            ? randint(1, options.VocabularySize, [batchSize, length], generator: generator).to(ScalarType.Float32)
            : randn([batchSize, length, options.FeatureCount], generator: generator);
    }

    // Padding behind, in front and in between.
    private static Tensor Mask(int batchSize, int length)
    {
        var mask = ones(batchSize, length);
        mask[1, ^(length / 3)..] = 0;
        mask[2, ..(length / 2)] = 0;
        mask[2, length - 2] = 0;
        return batchSize > 2 ? mask : throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize, "Each of the rows is padded otherwise.");
    }

    private static float[] Elements(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    /// <summary>One key and value for all heads (Shazeer 2019, https://arxiv.org/abs/1911.02150), here the sums of theirs.</summary>
    private sealed class SharedKeys(AttentionMechanism mechanism) : AttentionMechanism
    {
        public override string Name => $"shared-{mechanism}";

        public override string Paper => mechanism.Paper;

        public override int CostExponent => mechanism.CostExponent;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => mechanism.Attend(queries, keys.Sum(1), values.Sum(1), inputs);
    }
}
