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

    [Fact]
    public void Description_Loaded_NamesVersions() =>
        Assert.StartsWith("libtorch 2.10.0 through TorchSharp 0.107.0", TorchRuntime.Description);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Threads_NotPositive_Throws(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.Threads = threads);
}
