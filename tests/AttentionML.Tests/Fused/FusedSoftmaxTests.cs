using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

/// <summary>Fused softmax attention in every register width (the wider ones emulated where the processor has none) against the loop oracle.</summary>
public class FusedSoftmaxTests
{
    // A block of keys, a strip of queries and a block of queries end within or beside these.
    private const int Length = 131;

    private static readonly FusedSoftmax Form = new();

    public static IReadOnlyList<int> Lanes => FusedLinearTests.Lanes;

    public static MatrixTheoryData<int, bool, int> Dimensions => new(
        Lanes, [false, true], [1, 2, 5, 6, 7, 8, 15, 16, 17, 31, 33, 48, 64, 65, 100]);

    public static MatrixTheoryData<int, bool, int> Lengths => new(
        Lanes, [false, true], [1, 2, 3, 7, 15, 16, 17, 31, 47, 48, 49, 95, 97, 127, 128, 129, 150, 300]);

    public static MatrixTheoryData<int, bool> LanesAndDirections => new(Lanes, [false, true]);

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Forward_AnyDimension_EqualsTheOracle(int lanes, bool causal, int dimension) =>
        Check(new(2, 2, 19, 19, dimension, Math.Max(1, 70 - dimension), causal), masked: false, threads: 1, lanes);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_LargestDimension_EqualsTheOracle(bool causal) =>
        Check(new(1, 1, 50, 50, 256, 256, causal), masked: false, threads: 1, FusedAttention.Lanes);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Forward_AnyLength_EqualsTheOracle(int lanes, bool causal, int length) =>
        Check(new(1, 2, length, length, 5, 9, causal), masked: true, threads: 1, lanes);

    [Theory]
    [InlineData(1, 300)]
    [InlineData(200, 3)]
    public void Forward_OtherNumberOfKeys_EqualsTheOracle(int queries, int keys) =>
        Check(new(2, 2, queries, keys, 8, 3, Causal: false), masked: true, threads: 3, FusedAttention.Lanes);

    // Every query block is computed alike by whichever thread.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Forward_SeveralThreads_GivesTheBitsOfOne(int threads)
    {
        var sizes = new FusedSizes(1, 2, 700, 700, 16, 16, Causal: true);
        var (one, several) = (new FusedCase(sizes, "softmax", masked: true), new FusedCase(sizes, "softmax", masked: true));

        one.Run(Form, threads: 1, FusedAttention.Lanes);
        several.Run(Form, threads, FusedAttention.Lanes);

        Assert.Equal(one.Output, several.Output);
    }

    [Fact]
    public void Forward_ManyCallersAtOnce_EachGetsItsOwn()
    {
        var cases = Enumerable.Range(0, 64)
            .Select(i => new FusedCase(new(1, 2, 100 + i, 100 + i, 24, 24, Causal: i % 2 == 0), "softmax", masked: false)).ToArray();

        Parallel.ForEach(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, x => x.Run(Form, threads: 2, FusedAttention.Lanes));

        Assert.All(cases, x => x.AssertOutput());
    }

    [Fact]
    public void Attend_SpansWithoutTorch_EqualsTheOracle()
    {
        var x = new FusedCase(new(2, 3, 50, 50, 7, 4, Causal: true), "softmax", masked: true);

        Form.Attend(x.Sizes, x.Queries, x.Keys, x.Values, x.Visible, x.Output);

        x.AssertOutput();
    }

    // The scale changes with every block, and the first ones are left with nothing: e to the power of −500.
    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_ScoresThatRise_EqualsTheOracle(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, Length, Length, 4, 3, causal), "softmax", masked: false);
        Array.Fill(x.Queries, 2);
        for (var i = 0; i < x.Keys.Length; i++)
        {
            x.Keys[i] = i / 4;
        }

        x.Run(Form, threads: 1, lanes);

        x.AssertOutput();
    }

    // What is subtracted follows for some queries of a register, at several blocks, and for others never: scores rise by 0 to 20 in all.
    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_ScoresThatRiseSlowly_EqualsTheOracle(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, 500, 500, 1, 3, causal), "softmax", masked: false);
        for (var i = 0; i < 500; i++)
        {
            (x.Queries[i], x.Keys[i]) = (i % 9 * 5, i / 1000f);
        }

        x.Run(Form, threads: 1, lanes);

        x.AssertOutput();
    }

    // Weights stay small enough for a value of 1e37: a late score exceeds the first ones by e to the power of 4.
    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_LateLargeScoreOfALargeValue_DoesNotOverflow(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, 49, 49, 1, 1, causal), "softmax", masked: false);
        Array.Fill(x.Queries, 1);
        Array.Clear(x.Keys);
        Array.Clear(x.Values);
        (x.Keys[48], x.Values[48]) = (4, 1e37f);

        x.Run(Form, threads: 1, lanes);

        Assert.Equal(1e37 * Math.Exp(4) / (48 + Math.Exp(4)), x.Output[48], 1e32);
    }

    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_LongSumOfPositiveValues_LosesNothing(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, 3000, 3000, 2, 1, causal), "softmax", masked: false);
        for (var i = 0; i < x.Values.Length; i++)
        {
            x.Values[i] += 3;
        }

        x.Run(Form, threads: 1, lanes);

        x.AssertOutput();
    }

    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_NaNOrInfinityInOneStep_ReachesExactlyTheQueriesThatSeeIt(int lanes, bool causal)
    {
        foreach (var (step, poison, inValues) in from step in new[] { 0, 5, 15, 16, 47, 48, 127, 128, Length - 1 }
                                                 from poison in new[] { float.NaN, float.PositiveInfinity }
                                                 from inValues in new[] { false, true }
                                                 select (step, poison, inValues))
        {
            var x = new FusedCase(new(1, 2, Length, Length, 3, 3, causal), "softmax", masked: false);
            (inValues ? x.Values : x.Keys)[((Length + step) * 3) + 1] = poison;

            x.Run(Form, threads: 1, lanes);

            // An infinite key scores −∞ with some queries, and weighs nothing there.
            for (var query = 0; query < 2 * Length; query++)
            {
                var reached = query >= Length && (!causal || query - Length >= step)
                    && (inValues || float.IsNaN(poison) || x.Queries[(query * 3) + 1] > 0);
                Assert.Equal(reached, !x.Output.AsSpan(query * 3, 3).ToArray().All(float.IsFinite));
            }
        }
    }

    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_HiddenKeys_ReachNoQueryWhateverTheyHold(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, Length, Length, 3, 3, causal), "softmax", masked: true);
        var expected = x.Oracle();
        for (var i = 0; i < x.Keys.Length; i++)
        {
            if (x.Visible![i / 3] == 0)
            {
                (x.Keys[i], x.Values[i]) = (float.NaN, float.PositiveInfinity);
            }
        }

        x.Run(Form, threads: 1, lanes);

        Assert.All(x.Output.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
    }

    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_QueriesThatSeeNothing_GiveZeros(int lanes, bool causal)
    {
        foreach (var hidden in new[] { 1, 50, 130, Length })
        {
            var x = new FusedCase(new(1, 1, Length, Length, 3, 3, causal), "softmax", masked: true);
            Array.Fill(x.Visible!, 1);
            Array.Fill(x.Visible!, 0, 0, hidden);

            x.Run(Form, threads: 1, lanes);

            var blind = causal || hidden == Length ? hidden * 3 : 0;
            Assert.All(x.Output[..blind], y => Assert.Equal(0, y));
            x.AssertOutput();
        }
    }

    // −∞ is no number to subtract from itself, in the formula or here.
    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_AllScoresMinusInfinity_GivesNaNLikeTheFormula(int lanes, bool causal)
    {
        var x = new FusedCase(new(1, 1, 20, 20, 1, 2, causal), "softmax", masked: false);
        Array.Fill(x.Queries, -1);
        Array.Fill(x.Keys, float.PositiveInfinity);

        x.Run(Form, threads: 1, lanes);

        Assert.All(x.Output, y => Assert.True(float.IsNaN(y)));
    }

    [Theory]
    [MemberData(nameof(LanesAndDirections))]
    public void Forward_HugeAndTinyMagnitudes_StaysAnAverage(int lanes, bool causal)
    {
        float[] magnitudes = [1e-42f, 1e-30f, 1, 1e8f, 1e18f];
        foreach (var (q, k, v) in from q in magnitudes from k in magnitudes from v in magnitudes select (q, k, v))
        {
            var x = new FusedCase(new(1, 1, Length, Length, 5, 3, causal), "softmax", masked: false);
            Scale(x.Queries, q);
            Scale(x.Keys, k);
            Scale(x.Values, v);

            x.Run(Form, threads: 1, lanes);

            var largest = x.Values.Max(Math.Abs);
            Assert.All(x.Output, y => Assert.InRange(y, -1.00001f * largest, 1.00001f * largest));
        }
    }

    private static void Scale(float[] numbers, float factor)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] *= factor;
        }
    }

    private static void Check(FusedSizes sizes, bool masked, int threads, int lanes)
    {
        var x = new FusedCase(sizes, "softmax", masked);

        x.Run(Form, threads, lanes);

        x.AssertOutput();
    }
}
