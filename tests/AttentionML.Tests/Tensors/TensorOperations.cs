using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Each operation of the tensor algebra once or several times, over x and y [2, L, 6] and a mask [2, L].</summary>
internal static class TensorOperations
{
    // Two libraries' exp and their order of summing, on numbers of about 1.
    private const double Tolerance = 1e-6;

    public static string[] Names { get; } =
    [
        "x + y", "x * y", "x / y", "x + 0.1", "x * 0.1", "exp", "relu", "at most", "at least", "without NaN", "softmax", "sigmoid", "index of largest", "matmul",
        "swap", "reshape", "merge lengths", "sum last", "sum 1", "sum before 1", "sum before last", "where", "where -inf",
        "lower", "lower of oblong", "lower -inf", "lower 7", "pad", "pad 1", "take like", "chunk", "chunk short", "chunk and back", "heads",
        "heads and back", "weigh past", "convolve", "convolve past", "convolve past and before", "slide over",
    ];

    /// <summary>Operations that say what becomes of NaN and infinity.</summary>
    public static string[] NamesOnNaN { get; } =
        ["without NaN", "sum before 1", "where", "lower", "lower -inf", "weigh past", "relu", "at most", "at least", "softmax"];

    /// <summary>Random inputs.</summary>
    public static (Tensor X, Tensor Y, Tensor Mask) Inputs(int length) => (
        randn([2, length, 6], generator: new Generator(42)), randn([2, length, 6], generator: new Generator(43)),
        (arange(length) % 3).ne(1).to(ScalarType.Float32).expand(2, length).contiguous());

    /// <summary>Eight steps, some elements of which are NaN or infinite.</summary>
    public static (Tensor X, Tensor Y, Tensor Mask) InputsWithNaN()
    {
        var (x, y, mask) = Inputs(8);
        (x[0, 2, 3], x[1, 4, 5], x[1, 1, 1]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        (y[0, 3, 3], y[1, 7, 0]) = (float.NaN, float.NegativeInfinity);
        return (x, y, mask);
    }

    /// <summary>That an interpreter's result is torch's, NaN where that is NaN.</summary>
    public static void AssertSame(TorchTensor expected, Tensor actual)
    {
        Assert.Equal(expected.Value.shape, actual.shape);
        Assert.True(actual.allclose(expected.Value, rtol: Tolerance, atol: Tolerance, equal_nan: true));
    }

    /// <summary>The operation, over an algebra.</summary>
    public static T Apply<T>(string operation, T x, T y, T mask)
        where T : struct, ITensorValue<T> => operation switch
        {
            "x + y" => x + y,
            "x * y" => x * y.Sum(1),
            "x / y" => x / (y * y + 1),
            "x + 0.1" => x + 0.1,
            "x * 0.1" => x * 0.1,
            "exp" => x.Exp(),
            "relu" => x.Relu(),
            "at most" => x.AtMost(0.3),
            "at least" => x.AtLeast(0.3),
            "without NaN" => x.WithoutNaN(),
            "softmax" => x.Softmax(),
            "sigmoid" => x.Sigmoid(),
            "index of largest" => x.IndexOfLargest(),
            "matmul" => x.MatMul(y.Transpose()),
            "swap" => x.SwapAxes(0, -1).SwapAxes(1, 2),
            "reshape" => x.Reshape(0, -1, 3, 2),
            "merge lengths" => x.Reshape(-1, 3),
            "sum last" => x.Sum(-1),
            "sum 1" => x.Sum(1),
            "sum before 1" => x.SumBefore(1),
            "sum before last" => x.SumBefore(-1),
            "where" => x.Where(mask.Reshape(0, -1, 1), 0.5),
            "where -inf" => x.Where(mask.Reshape(0, -1, 1), double.NegativeInfinity),
            "lower" => x.MatMul(y.Transpose()).LowerTriangle(),
            "lower of oblong" => x.LowerTriangle(),
            "lower -inf" => x.MatMul(y.Transpose()).LowerTriangle(double.NegativeInfinity),
            "lower 7" => x.LowerTriangle(7),
            "pad" => x.PadToMultiple(1, 4),
            "pad 1" => x.PadToMultiple(-1, 5),
            "take like" => x.PadToMultiple(1, 4).TakeLike(y, 1),
            "chunk short" => x.SplitHeads(2).Chunk(128),
            "convolve" => x.Sum(-1).Convolve(Kernel(y), Bias(y)),
            "convolve past" => x.Sum(-1).ConvolvePast(Kernel(y), Bias(y), before: null),
            "convolve past and before" => x.Sum(-1).ConvolvePast(Kernel(y), Bias(y), (y.Sum(1) * 0.1).Reshape(0, 3, 2).Sum(1).Reshape(0, 2, 1)),
            "slide over" => x.SlideOver(y.Sum(1).Concat(x.Sum(1), 1)),
            "chunk" => x.SplitHeads(2).Chunk(4),
            "chunk and back" => x.SplitHeads(2).Chunk(4).Unchunk(like: y.SplitHeads(2)),
            "heads" => x.SplitHeads(3),
            "heads and back" => x.SplitHeads(2).Exp().MergeHeads(2),
            "weigh past" => x.MatMul(x.Transpose()).LowerTriangle().WeighPast(y),
            _ => throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation)),
        };

    private static T Kernel<T>(T numbers)
        where T : struct, ITensorValue<T> => (numbers.Sum(0).Sum(1) * 0.1).Reshape(2, 1, 3); // [out, in, K]

    private static T Bias<T>(T numbers)
        where T : struct, ITensorValue<T> => numbers.Sum(0).Sum(1).Reshape(2, 3).Sum(-1).Reshape(2);
}
