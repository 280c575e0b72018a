using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>An exported graph gave other numbers in ONNX Runtime than the mechanism in torch; no file was written.</summary>
public sealed class OnnxParityException : Exception
{
    internal OnnxParityException(AttentionMechanism mechanism, OnnxParityCase compared)
        : base(
            $"The ONNX graph of '{mechanism}' gives {compared.Actual} where torch gives {compared.Expected}, at batch " +
            $"{compared.BatchSize}, length {compared.Length}, key_length {compared.KeyLength}: an error of {compared.Error:0.##e+0} " +
            $"where the mechanism allows {mechanism.Tolerance:0.##e+0}. No file was written. Look for what the formula does " +
            "differently in the two interpreters, or for numbers too large for single precision.") =>
        (Mechanism, Compared) = (mechanism, compared);

    /// <summary>The mechanism.</summary>
    public AttentionMechanism Mechanism { get; }

    /// <summary>The comparison that failed.</summary>
    public OnnxParityCase Compared { get; }
}
