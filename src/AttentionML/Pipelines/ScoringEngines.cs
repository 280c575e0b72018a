using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>From the name of an engine to what computes.</summary>
internal static class ScoringEngines
{
    /// <summary>An engine as saved models name it: torch, which older ones do not name, is null.</summary>
    public static ScoringEngine? ToSaved(ScoringEngine engine) => engine == ScoringEngine.Torch ? null : engine;

    /// <summary>The engine that a saved model names.</summary>
    public static ScoringEngine OfSaved(ScoringEngine? saved) => saved ?? ScoringEngine.Torch;

    /// <summary>The scorer of an engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="device">Where the context computes.</param>
    /// <param name="torch">The scorer of torch, which costs nothing to make.</param>
    /// <param name="onnx">Makes that of ONNX Runtime.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such engine.</exception>
    /// <exception cref="NotSupportedException">The engine does not compute on the device, or computes predictions alone.</exception>
    public static ISequenceScorer Choose(
        ScoringEngine engine, torch.Device device, ISequenceScorer torch, Func<ISequenceScorer, ISequenceScorer> onnx) => engine switch
        {
            ScoringEngine.Torch => torch,
            ScoringEngine.OnnxRuntime when device.type != DeviceType.CPU => throw new NotSupportedException(
                $"{nameof(ScoringEngine)}.{nameof(ScoringEngine.OnnxRuntime)} computes on the CPU, and {device} was asked for: set GpuDeviceId = null, or " +
                $"choose {nameof(ScoringEngine)}.{nameof(ScoringEngine.Torch)}."),
            ScoringEngine.OnnxRuntime => onnx(torch),
            ScoringEngine.Managed => throw new NotSupportedException(
                $"{nameof(ScoringEngine)}.{nameof(ScoringEngine.Managed)} computes trained predictions, not attention by itself or encodings: choose " +
                $"{nameof(ScoringEngine)}.{nameof(ScoringEngine.OnnxRuntime)} or {nameof(ScoringEngine)}.{nameof(ScoringEngine.Torch)} for these."),
            _ => throw new ArgumentOutOfRangeException(
                nameof(engine), engine, $"There is no such engine; there are {string.Join(", ", Enum.GetNames<ScoringEngine>())}."),
        };
}
