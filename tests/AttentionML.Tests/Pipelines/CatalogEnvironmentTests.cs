using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.Tests.Pipelines;

public class CatalogEnvironmentTests
{
    [Fact]
    public void DeviceSettingsOf_Catalog_ReadsWhatTheContextWasGiven()
    {
        var ml = new MLContext(seed: 42) { GpuDeviceId = 3, FallbackToCpu = false };

        var settings = CatalogEnvironment.DeviceSettingsOf(CatalogEnvironment.Of(ml.Transforms));

        Assert.Equal(new DeviceSettings(GpuDeviceId: 3, FallbackToCpu: false), settings);
    }

    [Fact]
    public void DeviceSettingsOf_ContextItself_ReadsWhatItWasGiven()
    {
        var ml = new MLContext(seed: 42) { GpuDeviceId = 3, FallbackToCpu = true };

        Assert.Equal(new DeviceSettings(GpuDeviceId: 3, FallbackToCpu: true), CatalogEnvironment.DeviceSettingsOf(ml));
    }

    [Fact]
    public void Of_Catalog_GivesTheEnvironmentThatLogsToTheContext()
    {
        var ml = new MLContext(seed: 42);
        var messages = new List<string>();
        ml.Log += (_, e) => messages.Add(e.Message);

        using (var channel = CatalogEnvironment.Of(ml.Transforms).Register("Test").Start("Test"))
        {
            channel.Warning(MessageSensitivity.None, "heard");
        }

        Assert.Contains(messages, message => message.Contains("heard", StringComparison.Ordinal));
    }
}
