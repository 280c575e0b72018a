using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Lets no form be timed that computes something else.</summary>
internal static class PeerGate
{
    /// <summary>How far a form is from what is expected: the largest difference, relative to the largest expected number.</summary>
    /// <returns>Infinite where the form gives other shapes, or a number that is none.</returns>
    public static double Error(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual)
    {
        if (actual.Count != expected.Count || expected.Zip(actual).Any(pair => !pair.First.shape.AsSpan().SequenceEqual(pair.Second.shape)))
        {
            return double.PositiveInfinity;
        }

        using var scope = NewDisposeScope();
        return expected.Zip(actual, Error).Max();
    }

    private static double Error(Tensor expected, Tensor actual)
    {
        var exact = expected.to(ScalarType.Float64);
        var (difference, largest) = ((actual.to(ScalarType.Float64) - exact).abs().max().item<double>(), exact.abs().max().item<double>());
        return difference == 0 ? 0 : double.IsNaN(difference) || largest == 0 ? double.PositiveInfinity : difference / largest;
    }
}
