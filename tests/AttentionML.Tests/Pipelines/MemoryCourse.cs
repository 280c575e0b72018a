using System.Globalization;
using TorchSharp;

namespace AttentionML.Tests.Pipelines;

/// <summary>The course of a process's memory over repeated work: looked at after the warm-up and at ten points up to the end.</summary>
/// <param name="warmUp">The repetitions before the first look.</param>
/// <param name="end">All repetitions.</param>
internal sealed class MemoryCourse(int warmUp, int end)
{
    private const int Looks = 10;
    private const double LateGrowth = 12e6; // bytes
    private readonly List<(int At, long Tensors, long ResidentBytes)> _seen = [];

    /// <summary>Looks, where it is time to.</summary>
    /// <param name="count">The repetitions so far.</param>
    public void Reach(int count)
    {
        if (count >= warmUp + ((long)(end - warmUp) * _seen.Count / Looks))
        {
            _seen.Add((count, TensorCount(), Environment.WorkingSet));
        }
    }

    /// <summary>
    /// No tensor more than after the warm-up, and the process no larger at the end than at half-time, but for what the runtime and the
    /// allocator still find to keep.
    /// </summary>
    public void AssertFlat(string what, ITestOutputHelper log, int tensorsOfWindow = 0)
    {
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after {string.Join(", ", _seen.Select(look => look.At))} {what}:"));
        log.WriteLine($"tensors {string.Join(", ", _seen.Select(look => look.Tensors))}");
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident MB {string.Join(", ", _seen.Select(look => (look.ResidentBytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)))}"));
        var (warm, half, last) = (_seen[0], _seen[Looks / 2], _seen[^1]);
        Assert.Equal(end, last.At);
        Assert.InRange(last.Tensors, 0, warm.Tensors + tensorsOfWindow); // fewer where the collector found what earlier tests left
        Assert.True(
            last.ResidentBytes - half.ResidentBytes < LateGrowth, $"From half-time to the end the process grew from {half.ResidentBytes} to {last.ResidentBytes} bytes.");
    }

    /// <summary>The tensors of the whole process, once what nobody holds is collected.</summary>
    public static long TensorCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return torch.Tensor.TotalCount;
    }
}
