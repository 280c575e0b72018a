using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>Random inputs to compare two runs on, and results to compare.</summary>
internal static class ParityElements
{
    /// <summary>A normal number, by Box and Muller.</summary>
    public static float NextNormal(this Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    /// <summary>As many elements as are asked for.</summary>
    public static float[] Make(long count, Func<float> next)
    {
        var elements = new float[count];
        foreach (ref var element in elements.AsSpan())
        {
            element = next();
        }

        return elements;
    }

    /// <summary>What a tensor holds, row after row.</summary>
    public static double[] InDouble(TorchTensor tensor) => tensor.Value.numel() == 0
        ? []
        : tensor.Value.to(torch.ScalarType.Float64).cpu().contiguous().data<double>().ToArray();

    /// <summary>A mask with holes, [N, L]. The last sequence of a batch of several is all padding.</summary>
    public static float[] Mask(Random random, int batchSize, int length)
    {
        var mask = Make((long)batchSize * length, () => random.NextDouble() < 0.7 ? 1 : 0);
        if (batchSize > 1)
        {
            mask.AsSpan(^length..).Clear();
        }

        return mask;
    }
}
