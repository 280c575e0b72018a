using AttentionML.Native;
using TorchSharp;

namespace AttentionML.Tests.Native;

public class TorchRuntimeTests
{
    [Fact]
    public void Initialize_ThenMatMul_Computes()
    {
        TorchRuntime.Initialize();

        using var product = torch.ones(3, 4).matmul(torch.ones(4, 5));

        Assert.Equal(60f, product.sum().item<float>());
    }
}
