using System.Text.Json.Serialization;
using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>
/// The certificate of an exported file: how it compared in ONNX Runtime with torch. Stands beside the file, as JSON, under the same name
/// and <c>.parity.json</c>.
/// </summary>
/// <param name="Cases">Every comparison.</param>
/// <param name="Tolerance">The largest error that the mechanism allows, to torch and to the formula in double precision.</param>
public sealed record OnnxParity([property: JsonPropertyOrder(1)] IReadOnlyList<OnnxParityCase> Cases, double Tolerance)
{
    /// <summary>The name of the mechanism.</summary>
    public string Mechanism { get; init; } = "";

    /// <summary>Where the file is to run.</summary>
    public OnnxProfile Profile { get; init; }

    /// <summary>Which form of the attention it holds, and what was measured to choose it.</summary>
    public OnnxForm Form { get; init; } = new(IsFused: false, []);

    /// <summary>What the random inputs of the comparisons followed from, one after another.</summary>
    public int Seed { get; init; }

    /// <summary>The version of ONNX Runtime that ran the file.</summary>
    public string OnnxRuntimeVersion { get; init; } = "";

    /// <summary>The version of AttentionML that wrote the file.</summary>
    public string ProducerVersion { get; init; } = "";

    /// <summary>What was written: the model, and where its weights are outside of it, their file.</summary>
    public IReadOnlyList<OnnxFileHash> Files { get; init; } = [];

    /// <summary>The largest error of all cases, to torch in single precision.</summary>
    public double WorstError => Cases.Max(compared => compared.Error);

    /// <summary>The largest error of all cases, to the formula in double precision.</summary>
    public double WorstReferenceError => Cases.Max(compared => compared.ReferenceError);

    /// <summary>Checks the file of one attention again: that it is what was certified, and that it still gives what torch gives.</summary>
    /// <param name="path">The file; its certificate stands beside it.</param>
    /// <param name="mechanism">The mechanism that it was exported from.</param>
    /// <returns>What was compared now, with the tolerance of the certificate.</returns>
    /// <exception cref="InvalidDataException">The file or its certificate is damaged, or the file is not the one that was certified.</exception>
    /// <exception cref="FileNotFoundException">One of them is not there.</exception>
    /// <exception cref="ArgumentException">The file holds another mechanism.</exception>
    /// <exception cref="OnnxParityException">The file gives other numbers than torch.</exception>
    public static OnnxParity Verify(string path, AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        var info = AttentionOnnx.ReadInfo(path, mechanism);
        return info.Mechanism == mechanism
            ? OnnxCertificate.Verify(path, new AttentionParity(mechanism, info.Options))
            : throw new ArgumentException($"'{path}' holds the mechanism '{info.Mechanism}', not '{mechanism}'.", nameof(mechanism));
    }
}
