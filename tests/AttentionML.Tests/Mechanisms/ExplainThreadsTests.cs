using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Mechanisms;

/// <summary>Sets libtorch's threads, so nothing else may run beside.</summary>
[Collection(nameof(NativeMemoryTests))]
public class ExplainThreadsTests
{
    [Fact]
    public void Explain_NoThreadsGiven_SaysThoseThatTensorsHave()
    {
        Assert.SkipWhen(FusedAttention.RegisterBits < 256, "This processor has no registers of 256 bits, and libtorch attends.");
        var (before, shape) = (TorchRuntime.Threads, new AttentionShape(1, 8, 512, 64));
        TorchRuntime.Threads = 2;
        try
        {
            Assert.EndsWith(", 2 threads over 8 heads", AttentionMechanism.LinearElu.Explain(shape), StringComparison.Ordinal);
            Assert.EndsWith(", 2 threads over 8 heads", AttentionMechanism.Softmax.Explain(shape, new() { Causal = true }), StringComparison.Ordinal);
            Assert.EndsWith(", 3 threads over 8 heads", AttentionMechanism.LinearElu.Explain(shape, new() { Threads = 3 }), StringComparison.Ordinal);
            Assert.EndsWith(", 1 thread over 8 heads", AttentionMechanism.LinearElu.Explain(shape, new() { Managed = true }), StringComparison.Ordinal);
            Assert.EndsWith(", 4 threads over 8 heads", AttentionMechanism.Linear(FeatureMaps.Elu, new() { Threads = 4 }).Explain(shape), StringComparison.Ordinal);
        }
        finally
        {
            TorchRuntime.Threads = before;
        }
    }
}
