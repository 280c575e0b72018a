using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

public class PeakMemoryTests
{
    [Fact]
    public void During_TouchedAndFreed_CountsAll()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");
        const int Size = 64 << 20;

        var peak = PeakMemory.During(() => GC.KeepAlive(Touched(Size)));

        // Other tests run beside this one, so the upper bound is loose.
        Assert.InRange(peak, Size, 64L * Size);
    }

    private static byte[] Touched(int size)
    {
        var bytes = new byte[size];
        bytes.AsSpan().Fill(1);
        return bytes;
    }
}
