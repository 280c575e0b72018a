using AttentionML.Fused;
using AttentionML.Tests.Mechanisms;

namespace AttentionML.Tests.Fused;

/// <summary>Seeded inputs of a fused attention in plain memory, off every boundary and with gaps, and what the loop oracle says of them.</summary>
internal sealed unsafe class FusedCase
{
    // Stands where nothing may be written.
    private const float Untouched = 12345;

    private readonly float[][] _memory;
    private readonly Random _random = new(42);

    public FusedCase(FusedSizes sizes, string mechanism, bool masked)
    {
        Sizes = sizes;
        Mechanism = mechanism;
        var (n, h, l, s, d, m, _) = sizes;
        var heads = n * h;
        (Queries, Keys, Values) = (Numbers(heads * l * d), Numbers(heads * s * d), Numbers(heads * s * m));
        Arriving = Numbers(heads * l * m);
        Visible = masked ? [.. Enumerable.Range(0, n * s).Select(i => i % 3 == 1 ? 0f : 1f)] : null;
        (Output, Denominators) = (new float[heads * l * m], new float[heads * l]);
        (OfQueries, OfKeys, OfValues) = (new float[heads * l * d], new float[heads * s * d], new float[heads * s * m]);
        _memory = [Queries, Keys, Values, Arriving, Output, Denominators, OfQueries, OfKeys, OfValues];
    }

    public FusedSizes Sizes { get; }

    /// <summary>The name that the loop oracle knows.</summary>
    public string Mechanism { get; }

    public float[] Queries { get; }

    public float[] Keys { get; }

    public float[] Values { get; }

    public float[] Arriving { get; }

    public float[]? Visible { get; }

    public float[] Output { get; }

    public float[] Denominators { get; }

    public float[] OfQueries { get; }

    public float[] OfKeys { get; }

    public float[] OfValues { get; }

    /// <summary>Runs the passes that there are over memory [N, L, gap, H, gap, width] that starts one number off a boundary.</summary>
    public void Run(FusedAttention form, int threads, int lanes, bool keepsState = true)
    {
        var (n, h, l, s, d, m, _) = Sizes;
        int[] widths = [d, d, m, m, m, 1, d, d, m];
        int[] lengths = [l, s, s, l, l, l, l, s, s];
        var strided = new float[_memory.Length][];
        for (var i = 0; i < strided.Length; i++)
        {
            strided[i] = new float[1 + (n * lengths[i] * (h * (widths[i] + 1) + 2))];
            Array.Fill(strided[i], Untouched);
            if (i < 4)
            {
                Move(_memory[i], strided[i], lengths[i], widths[i], @out: false);
            }
        }

        fixed (float* q = strided[0], k = strided[1], v = strided[2], g = strided[3], o = strided[4], z = strided[5])
        fixed (float* dq = strided[6], dk = strided[7], dv = strided[8], seen = Visible)
        fixed (float* state = keepsState && form is FusedLinear of ? new float[n * h * of.StateSize(Sizes, lanes)] : null)
        {
            Heads Of(float* data, int length, int width)
            {
                var step = h * (width + 1) + 2;
                return new(data + 1, (nint)length * step, width + 1, step);
            }

            var call = new FusedCall
            {
                Sizes = Sizes,
                Queries = Of(q, l, d),
                Keys = Of(k, s, d),
                Values = Of(v, s, m),
                Visible = new(seen, s, 0, 1),
                Output = Of(o, l, m),
                Denominators = Of(z, l, 1),
                State = form is FusedLinear sums ? Heads.Contiguous(state, h, 1, sums.StateSize(Sizes, lanes)) : default,
            };
            form.Forward(call, threads, lanes);
            if (form is FusedLinear linear)
            {
                var gradients = new LinearGradients { Output = Of(g, l, m), Queries = Of(dq, l, d), Keys = Of(dk, s, d), Values = Of(dv, s, m) };
                linear.Backward(call, gradients, threads, lanes);
            }
        }

        for (var i = 4; i < (form is FusedLinear ? strided.Length : 5); i++)
        {
            Move(strided[i], _memory[i], lengths[i], widths[i], @out: true);
            Assert.Equal(strided[i].Length - _memory[i].Length, strided[i].Count(x => x == Untouched));
        }
    }

    /// <summary>Throws unless the outputs are what the loop oracle says, to 1e-5 of the largest.</summary>
    public void AssertOutput()
    {
        var expected = Oracle();
        var scale = Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], Output[i], 1e-5 * scale);
        }
    }

    /// <summary>What the loop oracle says, [N, H, L, m].</summary>
    public double[] Oracle() => Oracle(Wide(Queries), Wide(Keys), Wide(Values));

    /// <summary>
    /// Moves all inputs along a random direction: the change of Σ arriving · output by central differences of the oracle, and by the gradients.
    /// </summary>
    public (double Expected, double Actual) Slope()
    {
        const double Step = 1e-6;
        double[] Direction(int length) => [.. Enumerable.Range(0, length).Select(_ => _random.NextDouble() - 0.5)];
        var (q, k, v) = (Direction(Queries.Length), Direction(Keys.Length), Direction(Values.Length));
        double Loss(double by) => Dot(
            Oracle(Moved(Queries, q, by), Moved(Keys, k, by), Moved(Values, v, by)), Wide(Arriving));
        return ((Loss(Step) - Loss(-Step)) / (2 * Step), Dot(Wide(OfQueries), q) + Dot(Wide(OfKeys), k) + Dot(Wide(OfValues), v));
    }

    private double[] Oracle(double[] q, double[] k, double[] v)
    {
        var (n, h, l, s, d, m, causal) = Sizes;
        var output = new List<double>();
        for (var head = 0; head < n * h; head++)
        {
            var visible = new bool[s];
            for (var step = 0; step < s; step++)
            {
                visible[step] = Visible is null || Visible[(head / h * s) + step] != 0;
            }

            output.AddRange(LoopOracle.Attend(
                Mechanism, Rows(q, head, l, d), Rows(k, head, s, d), Rows(v, head, s, m), visible, causal).SelectMany(row => row));
        }

        return [.. output];
    }

    private static double[][] Rows(double[] numbers, int head, int length, int width) =>
        [.. numbers.AsSpan(head * length * width, length * width).ToArray().Chunk(width)];

    private static double[] Wide(float[] numbers) => [.. numbers.Select(x => (double)x)];

    private static double[] Moved(float[] numbers, double[] direction, double by) => [.. numbers.Zip(direction, (x, d) => x + (by * d))];

    private static double Dot(double[] left, double[] right) => left.Zip(right, (a, b) => a * b).Sum();

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(_random.NextDouble() * 4 - 2))];

    // Between [N, H, L, width] and the strided memory.
    private void Move(float[] from, float[] to, int length, int width, bool @out)
    {
        var plain = 0;
        for (var n = 0; n < Sizes.BatchSize; n++)
        {
            for (var h = 0; h < Sizes.HeadCount; h++)
            {
                for (var l = 0; l < length; l++)
                {
                    var strided = 1 + (((n * length) + l) * ((Sizes.HeadCount * (width + 1)) + 2)) + (h * (width + 1));
                    from.AsSpan(@out ? strided : plain, width).CopyTo(to.AsSpan(@out ? plain : strided, width));
                    plain += width;
                }
            }
        }
    }
}
