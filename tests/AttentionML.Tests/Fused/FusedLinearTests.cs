using AttentionML.Fused;
using AttentionML.Mechanisms;

namespace AttentionML.Tests.Fused;

/// <summary>The kernels in every register width (the wider ones emulated where the processor has none) against the loop oracle.</summary>
public class FusedLinearTests
{
    public static IReadOnlyList<int> Lanes => [16, 8, 4, 1];

    public static MatrixTheoryData<int, bool, int, string> Dimensions => new(
        Lanes, [false, true], [1, 2, 5, 6, 7, 8, 15, 16, 17, 31, 33, 48, 64, 65, 100], ["relu", "elu"]);

    public static MatrixTheoryData<int, bool, int> Lengths => new(Lanes, [false, true], [1, 2, 3, 4, 5, 6, 7, 47, 48, 49, 95, 97, 150]);

    public static MatrixTheoryData<int, bool, int> Threads => new(Lanes, [false, true], [2, 3, 7]);

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Run_AnyDimension_EqualsTheOracle(int lanes, bool causal, int dimension, string map) =>
        Check(new(2, 2, 11, 11, dimension, Math.Max(1, 70 - dimension), causal), map, masked: false, threads: 1, lanes);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_LargestDimension_EqualsTheOracle(bool causal) =>
        Check(new(1, 1, 50, 50, 256, 256, causal), "relu-positive", masked: false, threads: 1, FusedLinear.Lanes);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Run_AnyLength_EqualsTheOracle(int lanes, bool causal, int length) =>
        Check(new(1, 2, length, length, 5, 9, causal), "elu", masked: true, threads: 1, lanes);

    [Theory]
    [MemberData(nameof(Threads))]
    public void Run_SeveralThreads_EqualsTheOracle(int lanes, bool causal, int threads) =>
        Check(new(1, 2, 300, 300, 9, 5, causal), "elu", masked: true, threads, lanes);

    [Fact]
    public void Run_KeysLongerThanQueries_EqualsTheOracle() =>
        Check(new(2, 2, 60, 130, 8, 3, Causal: false), "elu", masked: true, threads: 3, FusedLinear.Lanes);

    [Theory]
    [InlineData(60, 130)]
    [InlineData(130, 60)]
    public void Run_UnequalLengthsInParts_EqualsTheOracle(int queries, int keys) =>
        Check(new(1, 1, queries, keys, 8, 3, Causal: false), "elu", masked: true, threads: 3, FusedLinear.Lanes);

    // The sums of keys are made in segments; parts of two sequences; more heads side by side than are read together; more than there are ranges.
    [Theory]
    [InlineData(1, 1, 70, 2 * Block.SegmentSteps + 41, 1)]
    [InlineData(1, 1, 70, 2 * Block.SegmentSteps + 41, 3)]
    [InlineData(2, 1, 130, 300, 5)]
    [InlineData(3, 5, 20, 30, 1)]
    [InlineData(1, 20, 20, 30, 2)]
    public void Run_BidirectionalOfManySteps_EqualsTheOracle(int batch, int heads, int queries, int keys, int threads) =>
        Check(new(batch, heads, queries, keys, 5, 3, Causal: false), "elu", masked: true, threads, FusedLinear.Lanes);

    [Fact]
    public void Run_BeyondTheLongestScan_EqualsTheOracle() =>
        Check(new(1, 1, Block.LongestScan + 50, Block.LongestScan + 50, 3, 2, Causal: true), "elu", masked: true, threads: 1, FusedLinear.Lanes);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_Again_GivesTheSameBits(int threads)
    {
        var sizes = new FusedSizes(1, 1, 500, 500, 16, 16, Causal: true);
        var (first, second) = (new FusedCase(sizes, "linear-elu", masked: true), new FusedCase(sizes, "linear-elu", masked: true));

        first.Run(Form("elu"), threads, FusedLinear.Lanes);
        second.Run(Form("elu"), threads, FusedLinear.Lanes);

        Assert.Equal(first.Output, second.Output);
        Assert.Equal(first.OfKeys, second.OfKeys);
    }

    // Heads side by side share working memory. Behind the last block of 5 steps stands what the last head left there in the block before.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_NaNInOneHead_StaysThere(bool causal)
    {
        var sizes = new FusedSizes(1, 3, 53, 53, 5, 4, causal);
        var (plain, poisoned) = (new FusedCase(sizes, "linear-elu", masked: false), new FusedCase(sizes, "linear-elu", masked: false));
        poisoned.Arriving[(2 * 53 + 5) * 4] = float.NaN;

        plain.Run(Form("elu"), 1, FusedLinear.Lanes);
        poisoned.Run(Form("elu"), 1, FusedLinear.Lanes);

        foreach (var (expected, actual, width) in new[] { (plain.OfQueries, poisoned.OfQueries, 5), (plain.OfKeys, poisoned.OfKeys, 5), (plain.OfValues, poisoned.OfValues, 4) })
        {
            Assert.Equal(expected[..(2 * 53 * width)], actual[..(2 * 53 * width)]);
            Assert.Contains(float.NaN, actual[(2 * 53 * width)..]);
        }
    }

    [Fact]
    public void Attend_ManyCallersAtOnce_EachGetsItsOwn()
    {
        var sizes = new FusedSizes(1, 2, 200, 200, 24, 24, Causal: true);
        var cases = Enumerable.Range(0, 64).Select(i => new FusedCase(sizes with { QueryCount = 100 + i, KeyCount = 100 + i }, "linear-relu", masked: false)).ToArray();

        Parallel.ForEach(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, x => x.Run(Form("relu"), threads: 2, FusedLinear.Lanes));

        Assert.All(cases, x => x.AssertOutput());
    }

    [Fact]
    public void Attend_SpansWithoutTorch_EqualsTheOracle()
    {
        var x = new FusedCase(new(2, 3, 50, 50, 7, 4, Causal: true), "linear-elu", masked: true);

        Form("elu").Attend(x.Sizes, x.Queries, x.Keys, x.Values, x.Visible, x.Output);

        x.AssertOutput();
    }

    [Fact]
    public void Attend_SpanOfAnotherLength_SaysWhich()
    {
        var x = new FusedCase(new(1, 1, 5, 5, 2, 2, Causal: true), "linear-elu", masked: false);

        var error = Assert.Throws<ArgumentException>(() => Form("elu").Attend(x.Sizes, x.Queries, x.Keys.AsSpan(1), x.Values, [], x.Output));

        Assert.Equal("keys has 9 numbers; the sizes ask for 1 · 5 · 2. (Parameter 'keys')", error.Message);
    }

    [Fact]
    public void Attend_DimensionBeyondTheLargest_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Form("elu").Attend(new(1, 1, 1, 1, 257, 1, false), [], [], [], [], []));

    // Where all keys are equal the outputs are means of values, and every addition to a running sum rounds the same way. A
    // causal scan gathers that, but a long one not more than a short one.
    [Theory]
    [InlineData(false, 1, 4000, 2e-6)]
    [InlineData(false, 1, 60_000, 2e-6)]
    [InlineData(false, 3, 60_000, 2e-6)]
    [InlineData(true, 1, 4000, 5e-5)]
    [InlineData(true, 1, 8208, 1e-4)]
    [InlineData(true, 1, 8209, 5e-5)]
    [InlineData(true, 1, 60_000, 5e-5)]
    [InlineData(true, 3, 60_000, 5e-5)]
    public void Attend_EqualKeys_RoundingDoesNotGrowWithTheLength(bool causal, int threads, int length, double bound) =>
        CheckEqualKeys(causal, threads, length, bound);

    [Theory(Explicit = true)]
    [InlineData(false, 1, 1e-5)]
    [InlineData(true, 1, 1e-4)]
    [InlineData(true, 2, 1e-4)]
    public void Attend_AMillionEqualKeys_StillAverages(bool causal, int threads, double bound) =>
        CheckEqualKeys(causal, threads, length: 1_000_000, bound);

    private static void CheckEqualKeys(bool causal, int threads, int length, double bound)
    {
        const int Heads = 3, D = 5, M = 9;
        var keys = Enumerable.Repeat(0.3f, length * Heads * D).ToArray();
        var values = Enumerable.Range(0, length * Heads * M).Select(i => (float)(1.1 + 0.2 * Math.Sin(i))).ToArray();
        var output = new float[values.Length];
        Form("elu").Attend(new(1, Heads, length, length, D, M, causal), keys, keys, values, [], output, threads);

        var worst = 0.0;
        for (var column = 0; column < Heads * M; column++)
        {
            var start = column / M * length * M + column % M;
            var all = Enumerable.Range(0, length).Sum(step => (double)values[start + step * M]) / length;
            var sum = 0.0;
            for (var step = 0; step < length; step++)
            {
                sum += values[start + step * M];
                worst = Math.Max(worst, Math.Abs(output[start + step * M] - (causal ? sum / (step + 1) : all)));
            }
        }

        Assert.InRange(worst, 0, bound);
    }

    // Bidirectional attention with what the forward pass keeps for the backward pass, and without.
    private static void Check(FusedSizes sizes, string map, bool masked, int threads, int lanes)
    {
        foreach (var keepsState in sizes.Causal ? [false] : new[] { true, false })
        {
            var x = new FusedCase(sizes, $"linear-{map}", masked);

            x.Run(Form(map), threads, lanes, keepsState);

            x.AssertOutput();
            for (var trial = 0; trial < 3; trial++)
            {
                var (expected, actual) = x.Slope();
                Assert.Equal(expected, actual, 2e-4 * Math.Max(1, Math.Abs(expected)));
            }
        }
    }

    private static FusedLinear Form(string map)
    {
        FeatureMap features = map == "relu" ? FeatureMaps.Relu : map == "elu" ? FeatureMaps.Elu : FeatureMaps.ReluPositive;
        return features.FusedWith(features.IsStrictlyPositive ? new(0, 1e-20f) : new(1e-6f, float.NegativeInfinity))!;
    }
}
