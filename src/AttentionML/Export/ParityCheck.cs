using TorchSharp;

namespace AttentionML.Export;

/// <summary>Runs a file in ONNX Runtime, and what it was made of in torch, on the same numbers.</summary>
internal static class ParityCheck
{
    /// <summary>What the random inputs follow from.</summary>
    public const int Seed = 42;

    /// <summary>Compares every output at every shape.</summary>
    /// <param name="subject">What the file is compared with.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="OnnxParityException">Two numbers are further apart than is allowed.</exception>
    public static OnnxParity Run(IParitySubject subject, string path)
    {
        using var runtime = new OnnxRuntimeRun(path);
        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var shape in subject.Shapes)
        {
            var inputs = subject.Inputs(random, shape);
            var actual = runtime.Run(inputs, subject.Outputs);
            var (single, reference) = (subject.Compute(inputs, torch.ScalarType.Float32), subject.Compute(inputs, torch.ScalarType.Float64));
            foreach (var (place, output) in subject.Outputs.Index())
            {
                var compared = subject.Compare(shape, place, single[place], reference[place], actual[place]) with { Output = output };
                cases.Add(compared);
                if (!(compared.Error <= subject.Tolerance && compared.ReferenceError <= subject.Tolerance))
                {
                    throw new OnnxParityException(subject.Mechanism, output, compared, subject.Tolerance);
                }
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
