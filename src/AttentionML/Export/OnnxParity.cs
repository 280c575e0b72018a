using System.Text.Json.Serialization;

namespace AttentionML.Export;

/// <summary>
/// The certificate of an exported file: how it compared in ONNX Runtime with torch. Stands beside the file, as JSON, under the same name
/// and <c>.parity.json</c>.
/// </summary>
/// <param name="Cases">Every comparison.</param>
/// <param name="Tolerance">The largest error that the mechanism allows, to torch and to the formula in double precision.</param>
public sealed record OnnxParity([property: JsonPropertyOrder(1)] IReadOnlyList<ParityCase> Cases, double Tolerance)
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
}
