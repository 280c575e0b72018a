using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>What an exported file is compared with.</summary>
internal interface IParitySubject
{
    /// <summary>The mechanism.</summary>
    AttentionMechanism Mechanism { get; }

    /// <summary>The largest error that is allowed.</summary>
    double Tolerance { get; }

    /// <summary>Runs the file and torch on the same numbers.</summary>
    /// <param name="file">The file in ONNX Runtime.</param>
    /// <param name="random">What the numbers are drawn from.</param>
    IEnumerable<OnnxParityCase> Compare(OnnxRuntimeRun file, Random random);
}
