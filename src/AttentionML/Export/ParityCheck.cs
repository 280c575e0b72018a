using AttentionML.Models;

namespace AttentionML.Export;

/// <summary>Runs ONNX Runtime or managed code, and torch, on the same numbers.</summary>
internal static class ParityCheck
{
    /// <summary>What the random inputs follow from.</summary>
    public const int Seed = 42;

    private static readonly bool[] WithoutAMaskAndWithOne = [false, true];

    /// <summary>Compares a file in ONNX Runtime until all is compared, or something differs.</summary>
    /// <param name="subject">What the file is compared with.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ParityException">Two numbers are further apart than is allowed.</exception>
    public static OnnxParity Run(IParitySubject subject, string path)
    {
        using var runtime = new OnnxRuntimeRun(path);
        return new([.. Cases(subject, runtime)], subject.Tolerance)
        {
            Mechanism = subject.Mechanism.Name,
            Seed = Seed,
            OnnxRuntimeVersion = OnnxRuntimeRun.Version,
        };
    }

    /// <summary>Compares a model in managed code, without a mask and with one, until all is compared, or something differs.</summary>
    /// <param name="export">The model in torch.</param>
    /// <param name="managed">The model in managed code.</param>
    /// <exception cref="ParityException">Two numbers are further apart than is allowed.</exception>
    public static IReadOnlyList<ParityCase> Run(ModelExport export, ManagedModel managed) =>
        [.. WithoutAMaskAndWithOne.SelectMany(masked => Cases(new ModelParity(export, new() { Masked = masked }), new ManagedRun(managed, export, masked)))];

    private static IEnumerable<ParityCase> Cases(IParitySubject subject, IParityRun run)
    {
        foreach (var compared in subject.Compare(run, new Random(Seed)))
        {
            yield return compared.Error <= subject.Tolerance && compared.ReferenceError <= subject.Tolerance
                ? compared
                : throw new ParityException(run.Engine, subject.Mechanism, compared, subject.Tolerance);
        }
    }
}
