using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Tensors;
using Microsoft.ML.OnnxRuntime;
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
        TorchRuntime.Initialize();
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        settings.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        using var session = new InferenceSession(model, settings);

        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var (batchSize, length, ownKeyLength) in Shapes)
        {
            var keyLength = options.Causal || options.SelfAttention ? length : ownKeyLength;
            var inputs = Inputs(options, random, batchSize, length, keyLength);
            var compared = OnnxParityCase.Compare(
                batchSize, length, keyLength, Torch(mechanism, options, inputs), Onnx(session, inputs));
            cases.Add(compared);
            if (!(compared.Error <= mechanism.Tolerance))
            {
                throw new OnnxParityException(mechanism, compared);
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
            // The last sequence of a batch of several is all padding.
            var mask = Elements(batchSize * keyLength, () => random.NextDouble() < 0.7 ? 1 : 0);
            Array.Clear(mask, batchSize == 1 ? 0 : (batchSize - 1) * keyLength, batchSize == 1 ? 0 : keyLength);
            inputs.Add("mask", (mask, [batchSize, keyLength]));
        }

        return inputs;

        void Add(string name, int steps, int dimension)
        {
            long[] shape = [batchSize, steps, options.HeadCount * dimension];
            inputs.Add(name, (Elements(shape.Aggregate(1L, (product, size) => product * size), Normal), shape));
        }

        // Box and Muller.
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    private static float[] Elements(long count, Func<float> next)
    {
        var elements = new float[count];
        foreach (ref var element in elements.AsSpan())
        {
            element = next();
        }

        return elements;
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

    private static float[] Onnx(InferenceSession session, Dictionary<string, (float[] Elements, long[] Shape)> inputs)
    {
        var values = inputs.Values.Select(input => OrtValue.CreateTensorValueFromMemory(input.Elements, input.Shape)).ToList();
        try
        {
            using var run = new RunOptions();
            using var outputs = session.Run(run, inputs.Keys, values, session.OutputNames);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }
}
