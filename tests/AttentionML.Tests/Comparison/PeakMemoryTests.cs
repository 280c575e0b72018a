using AttentionML.Comparison;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Comparison;

/// <summary>Looks at the memory of the whole process, so nothing else may run beside.</summary>
[Collection(nameof(NativeMemoryTests))]
public class PeakMemoryTests
{
    [Fact]
    public void During_TouchedAndFreed_CountsAll()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");
        const int Size = 64 << 20;

        var peak = PeakMemory.During(() => GC.KeepAlive(Touched(Size)));

        Assert.InRange(peak, Size, 2L * Size);
    }

    private static byte[] Touched(int size)
    {
        var bytes = new byte[size];
        bytes.AsSpan().Fill(1);
        return bytes;
    }
}
