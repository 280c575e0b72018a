using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>ONNX Runtime, or managed code, gave other numbers than torch gives. An export that throws this writes no file.</summary>
public sealed class ParityException : Exception
{
    internal ParityException(string engine, AttentionMechanism mechanism, ParityCase compared, double tolerance)
        : base(
            $"'{mechanism}' gives {compared.Actual} in {engine} where torch gives {compared.Expected}, in '{compared.Output}' at batch " +
            $"{compared.BatchSize}, length {compared.Length}, key_length {compared.KeyLength}: an error of {compared.Error:0.##e+0} " +
            $"where {tolerance:0.##e+0} is allowed (to the formula in double precision: {compared.ReferenceError:0.##e+0}). Look for what the formula does differently in the two " +
            "interpreters, or for numbers too large for single precision; let torch compute it meanwhile.") =>
        (Mechanism, Compared, Tolerance) = (mechanism, compared, tolerance);

    /// <summary>The mechanism.</summary>
    public AttentionMechanism Mechanism { get; }

    /// <summary>The output in which the two differ.</summary>
    public string Output => Compared.Output;

    /// <summary>The comparison that failed.</summary>
    public ParityCase Compared { get; }

    /// <summary>The largest error that was allowed.</summary>
    public double Tolerance { get; }
}
