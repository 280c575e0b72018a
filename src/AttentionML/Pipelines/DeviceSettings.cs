using AttentionML.Native;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>Where the user wants to compute.</summary>
/// <param name="GpuDeviceId">The CUDA device; null means the CPU.</param>
/// <param name="FallbackToCpu">Whether the CPU will do where that device is not there.</param>
internal readonly record struct DeviceSettings(int? GpuDeviceId, bool FallbackToCpu)
{
    /// <summary>The torch device that an environment's settings ask for.</summary>
    /// <param name="environment">The environment; it is warned where the CPU steps in.</param>
    /// <exception cref="InvalidOperationException">The device is not there, and falling back is not allowed.</exception>
    public static torch.Device DeviceFor(IHostEnvironment environment)
    {
        TorchRuntime.Initialize();
        using var channel = environment.Register("Attention").Start("Device");
        return CatalogEnvironment.DeviceSettingsOf(environment)
            .Choose(torch.cuda.is_available() ? torch.cuda.device_count() : 0, text => channel.Warning(MessageSensitivity.None, text));
    }

    /// <summary>The torch device that is asked for, or the CPU with a warning.</summary>
    /// <param name="cudaDeviceCount">How many CUDA devices torch sees.</param>
    /// <param name="warn">Takes the warning.</param>
    /// <exception cref="InvalidOperationException">The device is not there, and falling back is not allowed.</exception>
    public torch.Device Choose(int cudaDeviceCount, Action<string> warn)
    {
        if (GpuDeviceId is not { } id)
        {
            return torch.CPU;
        }

        if (id >= 0 && id < cudaDeviceCount)
        {
            return new torch.Device(DeviceType.CUDA, id);
        }

        var sees = cudaDeviceCount == 0 ? "no CUDA device" : $"{cudaDeviceCount} CUDA device(s), counted from 0";
        var missing = $"GpuDeviceId {id} was asked for, and torch sees {sees}.";
        if (!FallbackToCpu)
        {
            throw new InvalidOperationException(
                $"{missing} Run on TorchSharp's CUDA package, choose another device, or set FallbackToCpu = true or GpuDeviceId = null.");
        }

        warn($"{missing} The CPU computes instead, because FallbackToCpu is set.");
        return torch.CPU;
    }
}
