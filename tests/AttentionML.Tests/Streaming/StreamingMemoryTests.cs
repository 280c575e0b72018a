using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Streaming;
using AttentionML.Tests.Pipelines;
using TorchSharp;

namespace AttentionML.Tests.Streaming;

/// <summary>Counts the tensors of the whole process, so nothing else may run beside.</summary>
[Collection(nameof(NativeMemoryTests))]
public class StreamingMemoryTests
{
    [Fact]
    public void Push_ManyTimes_LeavesNoTensorBehind()
    {
        using var model = AttentionModel.Create(new() { ModelDimension = 8, HeadCount = 2, Mechanism = AttentionMechanism.LinearElu, Causal = true }, new(3), seed: 42);
        using var streaming = StreamingAttention.Over(model);
        var stream = streaming.Open();
        stream.Push([1]);
        var before = torch.Tensor.TotalCount;

        for (var i = 0; i < 500; i++)
        {
            stream.Push([i % 7]);
        }

        Assert.InRange(torch.Tensor.TotalCount, 0, before + 100); // a leak would leave 500 and more
    }
}
