namespace AttentionML.Pipelines;

/// <summary>What computes attention in a pipeline. All engines give the same numbers, within the tolerance of the mechanism.</summary>
public enum ScoringEngine
{
    /// <summary>libtorch, on the device of the context.</summary>
    Torch,

    /// <summary>ONNX Runtime, on the CPU, one thread for each reader of a view.</summary>
    OnnxRuntime,

    /// <summary>Managed code on the CPU, in the calling thread: no native library is loaded, and none has to be there.</summary>
    Managed,
}
