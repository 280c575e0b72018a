namespace AttentionML.Export;

/// <summary>Where an ONNX file is to run.</summary>
public enum OnnxProfile
{
    /// <summary>Everywhere: format version 8 and operators of the ai.onnx set 17 alone.</summary>
    Portable,

    /// <summary>
    /// In ONNX Runtime 1.25 and newer: where one of its own com.microsoft operators (MultiHeadAttention, GroupQueryAttention,
    /// LinearAttention) takes less time over the expected lengths, measured while exporting, the attention is that operator.
    /// </summary>
    OnnxRuntime,
}
