using AttentionML.Mechanisms;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>One attention, to be compared with its file.</summary>
/// <param name="mechanism">The mechanism.</param>
/// <param name="options">What the file was built for.</param>
internal sealed class AttentionParity(AttentionMechanism mechanism, AttentionOnnxOptions options) : SequenceParity
{
    // One step; less and more than a chunk of 64; exactly one; lengths of queries and keys apart where the options leave them apart.
    private static readonly ParityShape[] Sizes = [new(1, 1, 1), new(2, 7, 5), new(1, 64, 65), new(3, 65, 130)];

    /// <inheritdoc/>
    public override AttentionMechanism Mechanism => mechanism;

    /// <inheritdoc/>
    public override double Tolerance => mechanism.Tolerance;

    /// <inheritdoc/>
    public override IEnumerable<ParityShape> Shapes => options.Causal || options.SelfAttention
        ? Sizes.Select(shape => shape with { KeyLength = shape.Length })
        : Sizes;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => options.WithWeights ? [AttentionOnnx.Output, AttentionOnnx.Weights] : [AttentionOnnx.Output];

    /// <inheritdoc/>
    public override Dictionary<string, (float[] Elements, long[] Shape)> Inputs(Random random, ParityShape shape)
    {
        var inputs = new Dictionary<string, (float[] Elements, long[] Shape)>();
        if (options.SelfAttention)
        {
            Add("features", shape.Length, options.HeadDimension);
        }
        else
        {
            Add("queries", shape.Length, options.HeadDimension);
            Add("keys", shape.KeyLength, options.HeadDimension);
            Add("values", shape.KeyLength, options.ValueDimension);
        }

        if (options.Masked)
        {
            inputs.Add("mask", (ParityElements.Mask(random, shape.BatchSize, shape.KeyLength), [shape.BatchSize, shape.KeyLength]));
        }

        return inputs;

        void Add(string name, int steps, int dimension)
        {
            long[] sizes = [shape.BatchSize, steps, options.HeadCount * dimension];
            inputs.Add(name, (ParityElements.Make(sizes.Aggregate(1L, (product, size) => product * size), random.NextNormal), sizes));
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<double[]> Compute(Dictionary<string, (float[] Elements, long[] Shape)> inputs, torch.ScalarType precision)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var tensors = inputs.ToDictionary(
            input => input.Key, input => new TorchTensor(torch.tensor(input.Value.Elements, input.Value.Shape).to(precision)));
        var queries = tensors[options.SelfAttention ? "features" : "queries"];
        var keys = options.SelfAttention ? queries : tensors["keys"];
        var values = options.SelfAttention ? queries : tensors["values"];
        TorchTensor? mask = options.Masked ? tensors["mask"] : null;
        var outputs = AttentionOnnx.Attend(mechanism, options, queries, keys, values, mask, byFormula: precision == torch.ScalarType.Float64);
        return [.. outputs.Select(ParityElements.InDouble)];
    }
}
