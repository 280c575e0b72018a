using AttentionML.Mechanisms;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>What an exported file is compared with.</summary>
internal interface IParitySubject
{
    /// <summary>The mechanism.</summary>
    AttentionMechanism Mechanism { get; }

    /// <summary>The largest error that is allowed.</summary>
    double Tolerance { get; }

    /// <summary>The sizes to compare at.</summary>
    IEnumerable<ParityShape> Shapes { get; }

    /// <summary>The outputs that are compared.</summary>
    IReadOnlyList<string> Outputs { get; }

    /// <summary>Inputs of a size.</summary>
    Dictionary<string, (float[] Elements, long[] Shape)> Inputs(Random random, ParityShape shape);

    /// <summary>What torch makes of them, one array per output.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="precision">Single for what users run, in a fused form where there is one; double for the formula as it is written.</param>
    IReadOnlyList<double[]> Compute(Dictionary<string, (float[] Elements, long[] Shape)> inputs, torch.ScalarType precision);

    /// <summary>Compares one output.</summary>
    /// <param name="shape">The size.</param>
    /// <param name="output">Its place among <see cref="Outputs"/>.</param>
    /// <param name="single">What torch gives in single precision.</param>
    /// <param name="reference">What the formula gives in double precision.</param>
    /// <param name="actual">What ONNX Runtime gives.</param>
    OnnxParityCase Compare(ParityShape shape, int output, double[] single, double[] reference, float[] actual) =>
        OnnxParityCase.Compare(shape, single, reference, actual);
}
