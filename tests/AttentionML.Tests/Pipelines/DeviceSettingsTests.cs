using AttentionML.Pipelines;
using Microsoft.ML;
using TorchSharp;

namespace AttentionML.Tests.Pipelines;

public class DeviceSettingsTests
{
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 4)]
    public void Choose_DeviceIsThere_TakesIt(int id, int cudaDeviceCount)
    {
        var device = new DeviceSettings(id, FallbackToCpu: true).Choose(cudaDeviceCount, _warnings.Add);

        Assert.Equal((DeviceType.CUDA, id), (device.type, device.index));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Choose_NoDeviceAskedFor_TakesTheCpu(int cudaDeviceCount)
    {
        var device = new DeviceSettings(GpuDeviceId: null, FallbackToCpu: false).Choose(cudaDeviceCount, _warnings.Add);

        Assert.Equal(DeviceType.CPU, device.type);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(3, 0, "GpuDeviceId 3 was asked for, and torch sees no CUDA device.")]
    [InlineData(2, 2, "GpuDeviceId 2 was asked for, and torch sees 2 CUDA device(s), counted from 0.")]
    [InlineData(-1, 2, "GpuDeviceId -1 was asked for, and torch sees 2 CUDA device(s), counted from 0.")]
    public void Choose_DeviceIsMissing_FallsBackAloudOrThrows(int id, int cudaDeviceCount, string message)
    {
        var settings = new DeviceSettings(id, FallbackToCpu: true);

        var device = settings.Choose(cudaDeviceCount, _warnings.Add);
        var error = Assert.Throws<InvalidOperationException>(
            () => (settings with { FallbackToCpu = false }).Choose(cudaDeviceCount, _warnings.Add));

        Assert.Equal(DeviceType.CPU, device.type);
        Assert.StartsWith(message, Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_DeviceOutOfReach_WarnsThroughTheContext()
    {
        var ml = new MLContext(seed: 42) { GpuDeviceId = 99, FallbackToCpu = true };
        ml.Log += (_, e) => _warnings.Add(e.Message);

        ml.Transforms.Attention("Output", "Queries", new AttentionOptions { ModelDimension = 6 })
            .Fit(Sequences.View(ml, Sequences.Random(6, 7)));

        Assert.Contains(_warnings, message => message.Contains("GpuDeviceId 99 was asked for", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_DeviceOutOfReachAndNoFallback_Throws()
    {
        var ml = new MLContext(seed: 42) { GpuDeviceId = 99, FallbackToCpu = false };

        Assert.Throws<InvalidOperationException>(() => ml.Transforms
            .Attention("Output", "Queries", new AttentionOptions { ModelDimension = 6 })
            .Fit(Sequences.View(ml, Sequences.Random(6, 7))));
    }
}
