using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

/// <summary>The kernels over every kind of register against plain loops in double precision.</summary>
public unsafe class KernelsTests
{
    private const float Untouched = -12345;

    public static MatrixTheoryData<int, int, int, int> LanesAndSizes => new([1, 4, 8, 16], [1, 5, 6, 13], [1, 7, 64], [1, 3, 8, 17, 33, 64]);

    public static MatrixTheoryData<int, int> LanesAndWidths => new([1, 4, 8, 16], [1, 2, 7, 16, 65]);

    [Theory]
    [MemberData(nameof(LanesAndSizes))]
    public void Multiply_AnySize_IsTheProduct(int lanes, int rows, int depth, int columns)
    {
        var random = new Random(42);
        var (leftStride, outputStride) = (depth + 3, columns + 2);
        var (left, right, bias) = (Numbers(random, rows * leftStride), Numbers(random, depth * columns), Numbers(random, Block.RoundUp(columns, lanes)));
        var packed = new float[PackedMatrix.Size(depth, columns, lanes)];
        var output = new float[rows * outputStride];
        Array.Fill(output, Untouched);

        fixed (float* l = left, r = right, b = bias, p = packed, o = output)
        {
            PackedMatrix.Pack(p, r, depth, columns, rowStride: 1, columnStride: depth, lanes); // The matrix stands column by column.
            Kernels.Of(lanes).Multiply(o, outputStride, l, leftStride, p, b, rows, depth, columns);
        }

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < outputStride; column++)
            {
                var expected = column >= columns ? Untouched : bias[column] + Enumerable.Range(0, depth)
                    .Sum(i => (double)left[row * leftStride + i] * right[column * depth + i]);
                Assert.InRange(output[row * outputStride + column], expected - 2e-5, expected + 2e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(LanesAndWidths))]
    public void Multiply_WithoutBias_IsTheProductOfRowsThatOverlap(int lanes, int width)
    {
        var left = Numbers(new Random(42), width + 8);
        var packed = new float[PackedMatrix.Size(width, 1, lanes)];
        var (ones, output) = (Enumerable.Repeat(1f, width).ToArray(), new float[9]);

        fixed (float* l = left, r = ones, p = packed, o = output)
        {
            PackedMatrix.Pack(p, r, width, 1, 1, 1, lanes);
            Kernels.Of(lanes).Multiply(o, 1, l, leftStride: 1, p, null, rows: 9, width, columns: 1);
        }

        Assert.All(output.Index(), sum => Assert.Equal(left.Skip(sum.Index).Take(width).Sum(value => (double)value), sum.Item, 1e-5));
    }

    [Theory]
    [MemberData(nameof(LanesAndWidths))]
    public void Normalize_AnyWidth_HasMean0AndDeviation1BeforeScaleAndShift(int lanes, int width)
    {
        var random = new Random(42);
        var (x, scale, shift) = (Numbers(random, 3 * width), Numbers(random, width), Numbers(random, width));
        var output = new float[x.Length];

        fixed (float* o = output, i = x, a = scale, b = shift)
        {
            Kernels.Of(lanes).Normalize(o, i, a, b, 3, width);
        }

        for (var row = 0; row < 3; row++)
        {
            double[] values = [.. x.Skip(row * width).Take(width)];
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + 1e-5);
            Assert.All(values.Index(), value => Assert.Equal(
                (value.Item - mean) / deviation * scale[value.Index] + shift[value.Index], output[row * width + value.Index], 5e-6));
        }
    }

    [Theory]
    [MemberData(nameof(LanesAndWidths))]
    public void Softmax_OfLargeNumbers_AddsUpTo1(int lanes, int width)
    {
        float[] x = [.. Numbers(new Random(42), 3 * width).Select(value => 1000 * value)];
        x[0] = float.NegativeInfinity;
        x[^1] = 1e30f;
        var output = new float[x.Length];

        fixed (float* o = output, i = x)
        {
            Kernels.Of(lanes).Softmax(o, i, 3, width);
        }

        for (var row = width == 1 ? 1 : 0; row < 3; row++) // A row of −∞ alone has no softmax.
        {
            double[] values = [.. x.Skip(row * width).Take(width)];
            var sum = values.Sum(value => Math.Exp(value - values.Max()));
            Assert.All(values.Index(), value => Assert.Equal(Math.Exp(value.Item - values.Max()) / sum, output[row * width + value.Index], 1e-5));
        }
    }

    [Theory]
    [MemberData(nameof(LanesAndWidths))]
    public void Gelu_OverAnyRegister_GivesTheSameBits(int lanes, int width)
    {
        float[] x = [.. Numbers(new Random(42), width).Select(value => 4 * value)];
        var (expected, actual) = (new float[width], new float[width]);

        fixed (float* i = x, e = expected, a = actual)
        {
            Kernels.Of(1).Gelu(e, i, width);
            Kernels.Of(lanes).Gelu(a, i, width);
        }

        Assert.Equal(expected, actual);
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
