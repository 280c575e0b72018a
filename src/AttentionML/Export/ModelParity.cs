using AttentionML.Models;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>Runs an exported model in ONNX Runtime and in torch on the same numbers.</summary>
internal static class ModelParity
{
    private const int Seed = 42;

    // One step; less and more than a chunk of 64; exactly one.
    private static readonly (int BatchSize, int Length)[] Shapes = [(1, 1), (2, 7), (1, 64), (3, 65), (2, 130)];

    /// <summary>Compares every output that holds numbers, at several shapes. The predicted labels follow from these.</summary>
    /// <exception cref="OnnxParityException">Two numbers are further apart than is allowed.</exception>
    public static OnnxParity Check(ModelExport export, ModelOnnxOptions options, byte[] model)
    {
        var architecture = export.Model.Options;
        var tolerance = options.Tolerance ?? architecture.Mechanism.Tolerance * (architecture.LayerCount + 1);
        var shapes = options.FixedLength is { } length
            ? [(1, length), (2, length)]
            : Shapes.Where(shape => shape.Length <= (architecture.LongestInput ?? shape.Length));

        using var runtime = new OnnxRuntimeRun(model);
        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var shape in shapes)
        {
            var inputs = Inputs(export, options.Masked, random, shape.BatchSize, shape.Length);
            var expected = Torch(export, inputs);
            foreach (var (place, column) in export.Columns.Index().Where(column => column.Item is ModelColumn.Numbers))
            {
                var compared = Compare(export.Model, shape, expected[place], runtime.Run(inputs, column.Name), tolerance);
                cases.Add(compared);
                if (!(compared.Error <= tolerance))
                {
                    throw new OnnxParityException(architecture.Mechanism, column.Name, compared, tolerance);
                }
            }
        }

        return new(cases, tolerance);
    }

    private static Dictionary<string, (float[] Elements, long[] Shape)> Inputs(
        ModelExport export, bool masked, Random random, int batchSize, int length)
    {
        var options = export.Model.Options;
        var steps = batchSize * length;
        var inputs = new Dictionary<string, (float[] Elements, long[] Shape)>
        {
            [export.InputName] = export.TakesTokens
                ? (RandomElements.Make(steps, () => random.Next(1, options.VocabularySize)), [batchSize, length])
                : (Features(export.Model, random, steps), [batchSize, length, options.FeatureCount]),
        };
        if (masked)
        {
            var mask = RandomElements.Mask(random, batchSize, length);
            Spoil(inputs[export.InputName].Elements, mask, export.TakesTokens ? 0 : float.NaN);
            inputs.Add(ModelExport.MaskName, (mask, [batchSize, length]));
        }

        return inputs;
    }

    // Where the model knows the training rows, numbers like theirs.
    private static float[] Features(AttentionModel model, Random random, int steps)
    {
        var width = model.Options.FeatureCount;
        var elements = RandomElements.Make((long)steps * width, random.NextNormal);
        if (model.Options.Scaling == InputScaling.FromTraining)
        {
            var (mean, deviation) = (model.Elements(InputLayer.TrainingStatistics.Mean), model.Elements(InputLayer.TrainingStatistics.Deviation));
            for (var i = 0; i < elements.Length; i++)
            {
                elements[i] = mean[i % width] + deviation[i % width] * elements[i];
            }
        }

        return elements;
    }

    private static void Spoil(float[] elements, float[] mask, float padding)
    {
        var width = elements.Length / mask.Length;
        for (var step = 0; step < mask.Length; step++)
        {
            if (mask[step] == 0)
            {
                elements.AsSpan(step * width, width).Fill(padding);
            }
        }
    }

    private static List<float[]> Torch(ModelExport export, Dictionary<string, (float[] Elements, long[] Shape)> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var tensors = inputs.ToDictionary(
            input => input.Key, input => torch.tensor(input.Value.Elements, input.Value.Shape).to(export.Model.Device));
        var output = export.Model.Forward(tensors[export.InputName], tensors.GetValueOrDefault(ModelExport.MaskName));
        return [.. export.Finish.Finish(new TorchTensor(output)).Select(finished => finished.Value.cpu().contiguous().data<float>().ToArray())];
    }

    private static OnnxParityCase Compare(
        AttentionModel model, (int BatchSize, int Length) shape, float[] expected, float[] actual, double tolerance)
    {
        if (!model.Outputs.AreScaled)
        {
            return OnnxParityCase.Compare(shape.BatchSize, shape.Length, shape.Length, expected, actual);
        }

        // Quantities of any unit and size: in standard deviations of the labels, and without what single precision rounds away.
        var deviation = model.Elements(OutputLayer.TrainingStatistics.Deviation);
        var (expectedInUnits, actualInUnits) = (InUnits(expected), InUnits(actual));
        var rounding = Math.ScaleB(expectedInUnits.Max(Math.Abs), -22);
        return OnnxParityCase.Compare(
            shape.BatchSize, shape.Length, shape.Length, expectedInUnits, actualInUnits, Math.Max(1, rounding / tolerance));

        float[] InUnits(float[] values) => [.. values.Select((value, i) => value / deviation[i % deviation.Length])];
    }
}
