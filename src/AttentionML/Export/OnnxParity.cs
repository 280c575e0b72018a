namespace AttentionML.Export;

/// <summary>How an exported graph in ONNX Runtime compared with torch.</summary>
/// <param name="Cases">Every comparison.</param>
/// <param name="Tolerance">The largest error that the mechanism allows.</param>
public sealed record OnnxParity(IReadOnlyList<OnnxParityCase> Cases, double Tolerance)
{
    /// <summary>The largest error of all cases.</summary>
    public double WorstError => Cases.Max(compared => compared.Error);
}
