using AttentionML.Mechanisms;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>Runs an exported attention in ONNX Runtime and the mechanism in torch on the same numbers.</summary>
internal static class AttentionParity
{
    private const int Seed = 42;

    // One step; less and more than a chunk of 64; exactly one; lengths of queries and keys apart where the options leave them apart.
    private static readonly (int BatchSize, int Length, int KeyLength)[] Shapes = [(1, 1, 1), (2, 7, 5), (1, 64, 65), (3, 65, 130)];

    /// <summary>Compares at every shape.</summary>
    /// <exception cref="OnnxParityException">Two numbers are further apart than the mechanism allows.</exception>
    public static OnnxParity Check(AttentionMechanism mechanism, AttentionOnnxOptions options, byte[] model)
    {
        using var runtime = new OnnxRuntimeRun(model);
        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var (batchSize, length, ownKeyLength) in Shapes)
        {
            var keyLength = options.Causal || options.SelfAttention ? length : ownKeyLength;
            var inputs = Inputs(options, random, batchSize, length, keyLength);
            var compared = OnnxParityCase.Compare(
                batchSize, length, keyLength, Torch(mechanism, options, inputs), runtime.Run(inputs, "attention"));
            cases.Add(compared);
            if (!(compared.Error <= mechanism.Tolerance))
            {
                throw new OnnxParityException(mechanism, "attention", compared, mechanism.Tolerance);
            }
        }

        return new(cases, mechanism.Tolerance);
    }

    private static Dictionary<string, (float[] Elements, long[] Shape)> Inputs(
        AttentionOnnxOptions options, Random random, int batchSize, int length, int keyLength)
    {
        var inputs = new Dictionary<string, (float[] Elements, long[] Shape)>();
        if (options.SelfAttention)
        {
            Add("features", length, options.HeadDimension);
        }
        else
        {
            Add("queries", length, options.HeadDimension);
            Add("keys", keyLength, options.HeadDimension);
            Add("values", keyLength, options.ValueDimension);
        }

        if (options.Masked)
        {
            var mask = RandomElements.Mask(random, batchSize, keyLength);
            inputs.Add("mask", (mask, [batchSize, keyLength]));
        }

        return inputs;

        void Add(string name, int steps, int dimension)
        {
            long[] shape = [batchSize, steps, options.HeadCount * dimension];
            inputs.Add(name, (RandomElements.Make(shape.Aggregate(1L, (product, size) => product * size), random.NextNormal), shape));
        }
    }

    private static float[] Torch(
        AttentionMechanism mechanism, AttentionOnnxOptions options, Dictionary<string, (float[] Elements, long[] Shape)> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var tensors = inputs.ToDictionary(
            input => input.Key, input => new TorchTensor(torch.tensor(input.Value.Elements, input.Value.Shape)));
        var queries = tensors[options.SelfAttention ? "features" : "queries"];
        var keys = options.SelfAttention ? queries : tensors["keys"];
        var values = options.SelfAttention ? queries : tensors["values"];
        TorchTensor? mask = options.Masked ? tensors["mask"] : null;
        return AttentionOnnx.Attend(mechanism, options, queries, keys, values, mask).Value.contiguous().data<float>().ToArray();
    }
}
