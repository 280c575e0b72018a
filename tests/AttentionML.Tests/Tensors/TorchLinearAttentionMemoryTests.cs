using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Pipelines;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Counts the tensors of the whole process, so nothing else may run beside.</summary>
[Collection(nameof(NativeMemoryTests))]
public class TorchLinearAttentionMemoryTests
{
    [Fact]
    public void Backward_ManySteps_LeavesNoTensorBehind()
    {
        Step();
        var before = MemoryCourse.TensorCount();
        for (var i = 0; i < 50; i++)
        {
            Step();
        }

        Assert.InRange(MemoryCourse.TensorCount(), 0, before);

        static void Step()
        {
            using var scope = NewDisposeScope();
            var x = randn([1, 2, 30, 4], requires_grad: true);
            AttentionMechanism.LinearElu.Attend(new TorchTensor(x), new(x), new(x), new(Causal: true)).Value.sum().backward();
        }
    }
}
