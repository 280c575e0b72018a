using System.Runtime.Intrinsics;
using AttentionML.Tests.Export;
using AttentionML.Tests.Models;
using AttentionML.Tests.Native;

namespace AttentionML.Tests.Fused;

/// <summary>The kernels as they run on lesser processors, in processes whose runtime is told to be one.</summary>
public class InstructionSetTests
{
    [Theory]
    [InlineData("DOTNET_gcServer", 512)]
    [InlineData("DOTNET_EnableAVX512", 256)]
    [InlineData("DOTNET_EnableAVX2", 128)]
    [InlineData("DOTNET_EnableAVX", 128)]
    [InlineData("DOTNET_EnableHWIntrinsic", 0)]
    public async Task Attend_WithoutAnInstructionSet_RunsFusedAndAgreesWithTheFormula(string switchedOff, int bits)
    {
        Assert.SkipWhen(bits == 512 && !Vector512.IsHardwareAccelerated, "This processor has no registers of 512 bits.");
        Assert.SkipWhen(bits == 256 && !Vector256.IsHardwareAccelerated, "This processor has no registers of 256 bits.");
        using var folder = new TemporaryFolder();
        using var model = RandomModel.Create(new(), new(3));
        model.SaveWeights(folder.File("weights.safetensors"));

        var probe = await ProbeProcess.RunAsync(AppContext.BaseDirectory, [(switchedOff, "0")], "fused", folder.File("weights.safetensors"));

        Assert.Equal(($"{bits} bits, agrees", ""), (probe.Output, probe.Error));
    }
}
