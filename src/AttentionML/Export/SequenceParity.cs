using AttentionML.Mechanisms;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>What takes whole sequences, to be compared at several batches and lengths.</summary>
internal abstract class SequenceParity : IParitySubject
{
    /// <inheritdoc/>
    public abstract AttentionMechanism Mechanism { get; }

    /// <inheritdoc/>
    public abstract double Tolerance { get; }

    /// <summary>The outputs that are compared.</summary>
    public abstract IReadOnlyList<string> Outputs { get; }

    /// <summary>The sizes to compare at.</summary>
    public abstract IEnumerable<ParityShape> Shapes { get; }

    /// <inheritdoc/>
    public IEnumerable<ParityCase> Compare(IParityRun run, Random random)
    {
        foreach (var shape in Shapes)
        {
            var inputs = Inputs(random, shape);
            var actual = run.Run(inputs, Outputs);
            var (single, reference) = (Compute(inputs, torch.ScalarType.Float32), Compute(inputs, torch.ScalarType.Float64));
            for (var output = 0; output < Outputs.Count; output++)
            {
                yield return Compare(shape, output, single[output], reference[output], actual[output]) with { Output = Outputs[output] };
            }
        }
    }

    /// <summary>Inputs of a size.</summary>
    public abstract Dictionary<string, (float[] Elements, long[] Shape)> Inputs(Random random, ParityShape shape);

    /// <summary>What torch makes of them, one array per output.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="precision">Single for what users run, in a fused form where there is one; double for the formula as it is written.</param>
    protected abstract IReadOnlyList<double[]> Compute(Dictionary<string, (float[] Elements, long[] Shape)> inputs, torch.ScalarType precision);

    /// <summary>Compares one output.</summary>
    /// <param name="shape">The size.</param>
    /// <param name="output">Its place among <see cref="Outputs"/>.</param>
    /// <param name="single">What torch gives in single precision.</param>
    /// <param name="reference">What the formula gives in double precision.</param>
    /// <param name="actual">What the other gives.</param>
    protected virtual ParityCase Compare(ParityShape shape, int output, double[] single, double[] reference, float[] actual) =>
        ParityCase.Compare(shape, single, reference, actual);
}
