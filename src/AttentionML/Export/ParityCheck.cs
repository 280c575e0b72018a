namespace AttentionML.Export;

/// <summary>Runs a file in ONNX Runtime, and what it was made of in torch, on the same numbers.</summary>
internal static class ParityCheck
{
    /// <summary>What the random inputs follow from.</summary>
    public const int Seed = 42;

    /// <summary>Compares until all is compared, or something differs.</summary>
    /// <param name="subject">What the file is compared with.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="OnnxParityException">Two numbers are further apart than is allowed.</exception>
    public static OnnxParity Run(IParitySubject subject, string path)
    {
        using var runtime = new OnnxRuntimeRun(path);
        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var compared in subject.Compare(runtime, random))
        {
            cases.Add(compared);
            if (!(compared.Error <= subject.Tolerance && compared.ReferenceError <= subject.Tolerance))
            {
                throw new OnnxParityException(subject.Mechanism, compared, subject.Tolerance);
            }
        }

        return new(cases, subject.Tolerance)
        {
            Mechanism = subject.Mechanism.Name,
            Seed = Seed,
            OnnxRuntimeVersion = OnnxRuntimeRun.Version,
        };
    }
}
