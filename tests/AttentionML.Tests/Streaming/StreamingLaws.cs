using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Streaming;
using AttentionML.Tests.Export;
using AttentionML.Tests.Models;
using CsCheck;
using static TorchSharp.torch;

namespace AttentionML.Tests.Streaming;

/// <summary>What holds for every engine: any cut, any order of many streams, any save and restore gives what one pass gives.</summary>
public sealed class StreamingLaws : IDisposable
{
    private static readonly AttentionModelOptions Options = new()
    {
        FeatureCount = 2,
        ModelDimension = 8,
        HeadCount = 2,
        FeedForwardDimension = 12,
        Mechanism = AttentionMechanism.LinearElu,
        Causal = true,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly AttentionModel _model = RandomModel.Create(Options, new(3));

    public static TheoryData<string> Engines => ["torch", "onnx", "managed"];

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Push_OfAnySplitWithAnyRestore_GivesWhatOnePassGives(string engine)
    {
        using var streaming = Open(engine);
        var pieces = Gen.Select(Gen.Int[1, 90], Gen.Bool).Array[1, 8];

        Gen.Select(pieces, Gen.Int[0, 1000]).Sample(
            (cut, seed) =>
            {
                var sequence = Sequence(cut.Sum(piece => piece.Item1), seed);
                var (stream, end) = (streaming.Open(), 0);
                foreach (var (length, isRestored) in cut)
                {
                    stream = isRestored ? streaming.Restore(stream.Save()) : stream;
                    AssertClose(OnePass(sequence.AsSpan(0, 2 * (end + length))), stream.Push(sequence.AsSpan(2 * end, 2 * length)));
                    end += length;
                }
            },
            seed: "0000000000042", iter: 40, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Push_OfAThousandStreamsTurnByTurn_GivesEachWhatOnePassGives(string engine)
    {
        using var streaming = Open(engine);
        var sequences = Enumerable.Range(0, 1000).Select(seed => Sequence(20 + (seed % 17), seed)).ToList();
        var streams = sequences.ConvertAll(_ => streaming.Open());
        var (ends, latest, random) = (new int[1000], new float[1000][], new Random(3));
        while (Enumerable.Range(0, 1000).Where(i => ends[i] < sequences[i].Length).ToArray() is { Length: > 0 } open)
        {
            random.Shuffle(open);
            var turns = open.Take(300).Select(i => (Stream: i, Size: Math.Min(2 * (1 + random.Next(9)), sequences[i].Length - ends[i]))).ToList();
            var outputs = streaming.Push([.. turns.Select(turn => new StreamPiece(streams[turn.Stream], sequences[turn.Stream].AsMemory(ends[turn.Stream], turn.Size)))]);
            foreach (var (turn, output) in turns.Zip(outputs))
            {
                ends[turn.Stream] += turn.Size;
                latest[turn.Stream] = output;
            }
        }

        Assert.All(Enumerable.Range(0, 1000), i => AssertClose(OnePass(sequences[i]), latest[i]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Save_AfterManySteps_IsNoLargerThanAfterFew(string engine)
    {
        using var streaming = Open(engine);
        var stream = streaming.Open();
        stream.Push(Sequence(100, seed: 1));
        var few = stream.Save().Length;

        stream.Push(Sequence(20_000, seed: 2));

        Assert.InRange(stream.Save().Length, few, few + 8); // the digits of the number of steps, and what aligns them
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Push_IntoRoomForTheOutput_GivesWhatPushReturns(string engine)
    {
        using var streaming = Open(engine);
        var (stream, other) = (streaming.Open(), streaming.Open());
        var sequence = Sequence(5000, seed: 1);
        var output = new float[3];
        foreach (var (start, end) in new[] { (0, 1), (1, 2), (2, 70), (70, 71), (71, 5000) })
        {
            var steps = sequence.AsSpan(2 * start, 2 * (end - start));
            var saved = stream.Save();

            Assert.Contains("room for 4 values; these steps give 3", Assert.Throws<ArgumentException>(() => stream.Push(sequence.AsSpan(0, 2), new float[4])).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => stream.Push([1, float.NaN], new float[3]));
            Assert.Equal(saved, stream.Save());
            stream.Push(steps, output);

            AssertClose(streaming.Push([new(other, steps.ToArray())])[0], output);
            Assert.Equal(end, stream.StepCount);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Push_InManagedCode_AllocatesNothing(bool ofAModel)
    {
        using var streaming = ofAModel ? Open("managed") : StreamingAttention.Over(AttentionMechanism.LinearElu, headCount: 2, headDimension: 3, valueDimension: 5);
        var stream = streaming.Open();
        var (one, many) = (Steps(1), Steps(7));
        var (ofOne, ofMany) = (new float[streaming.OutputWidth], new float[(streaming.HasOutputPerStep ? 7 : 1) * streaming.OutputWidth]);
        Round();

        // A garbage collection for other tests can add what is left of this thread's own block of memory to one of the counts.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Round();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }).ToArray());

        void Round()
        {
            for (var i = 0; i < 10; i++)
            {
                stream.Push(one, ofOne);
                stream.Push(many, ofMany);
            }
        }

        float[] Steps(int count) => [.. Enumerable.Range(0, count * streaming.StepWidth).Select(i => MathF.Sin(i))];
    }

    private StreamingAttention Open(string engine)
    {
        if (engine == "torch")
        {
            return StreamingAttention.Over(_model);
        }

        if (engine == "managed")
        {
            return StreamingAttention.Over(_model.ToManaged());
        }

        _model.ExportStreamingOnnx(_folder.File("model.onnx"));
        return StreamingAttention.Load(_folder.File("model.onnx"));
    }

    private static float[] Sequence(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 2 * length).Select(_ => (random.NextSingle() * 4) - 2)];
    }

    private float[] OnePass(ReadOnlySpan<float> sequence)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        return _model.Forward(tensor(sequence.ToArray()).reshape(1, -1, 2)).data<float>().ToArray();
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, 2e-5);
    }
}
