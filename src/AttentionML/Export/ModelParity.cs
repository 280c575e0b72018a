using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Export;

/// <summary>A trained model, to be compared with its file, or with managed code.</summary>
/// <param name="export">The model on its way.</param>
/// <param name="options">What the file is, or would be, built for.</param>
internal sealed class ModelParity(ModelExport export, ModelOnnxOptions options) : SequenceParity
{
    // One step; less and more than a chunk of 64; exactly one.
    private static readonly ParityShape[] Sizes = [new(1, 1, 1), new(2, 7, 7), new(1, 64, 64), new(3, 65, 65), new(2, 130, 130)];

    private readonly List<string> _outputs = [.. export.NumberOutputs(options)];

    /// <inheritdoc/>
    public override AttentionMechanism Mechanism => export.Model.Options.Mechanism;

    /// <inheritdoc/>
    public override double Tolerance => options.Tolerance ?? Mechanism.Tolerance * (export.Model.Options.LayerCount + 1);

    /// <inheritdoc/>
    public override IEnumerable<ParityShape> Shapes => options.FixedLength is { } length
        ? [new(1, length, length), new(2, length, length)]
        : Sizes.Where(shape => shape.Length <= (export.Model.Options.LongestInput ?? shape.Length));

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => _outputs;

    /// <inheritdoc/>
    public override Dictionary<string, (float[] Elements, long[] Shape)> Inputs(Random random, ParityShape shape)
    {
        var model = export.Model.Options;
        var steps = shape.BatchSize * shape.Length;
        var inputs = new Dictionary<string, (float[] Elements, long[] Shape)>
        {
            [export.InputName] = export.TakesTokens
                ? (ParityElements.Make(steps, () => random.Next(1, model.VocabularySize)), [shape.BatchSize, shape.Length])
                : (Features(export.Model, random, steps), [shape.BatchSize, shape.Length, model.FeatureCount]),
        };
        if (options.Masked)
        {
            var mask = ParityElements.Mask(random, shape.BatchSize, shape.Length);
            Spoil(inputs[export.InputName].Elements, mask, export.TakesTokens ? 0 : float.NaN);
            inputs.Add(ModelExport.MaskName, (mask, [shape.BatchSize, shape.Length]));
        }

        return inputs;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<double[]> Compute(Dictionary<string, (float[] Elements, long[] Shape)> inputs, torch.ScalarType precision)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var tensors = inputs.ToDictionary(
            input => input.Key, input => new TorchTensor(torch.tensor(input.Value.Elements, input.Value.Shape).to(export.Model.Device).to(precision)));
        TorchTensor? mask = options.Masked ? tensors[ModelExport.MaskName] : null;
        var outputs = export.Compute(tensors[export.InputName], options, new(name => new(export.Model.Weight(name).to(precision)), mask)
        {
            ByFormula = precision == torch.ScalarType.Float64,
        });
        return
        [
            .. export.Columns.Index().Where(column => column.Item is ModelColumn.Numbers).Select(column => ParityElements.InDouble(outputs[column.Index])),
            .. outputs.Skip(export.Columns.Count).Select(ParityElements.InDouble),
        ];
    }

    /// <inheritdoc/>
    protected override ParityCase Compare(ParityShape shape, int output, double[] single, double[] reference, float[] actual)
    {
        return output < export.Columns.OfType<ModelColumn.Numbers>().Count()
            ? CompareScores(export.Model, Tolerance, shape, single, reference, actual)
            : ParityCase.Compare(shape, single, reference, actual);
    }

    /// <summary>Compares what a model's head gives, or what is made of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tolerance">The largest error that is allowed.</param>
    /// <param name="shape">The size.</param>
    /// <param name="single">What torch gives in single precision.</param>
    /// <param name="reference">What the formula gives in double precision.</param>
    /// <param name="actual">What the other gives.</param>
    public static ParityCase CompareScores(
        AttentionModel model, double tolerance, ParityShape shape, double[] single, double[] reference, float[] actual)
    {
        if (!model.Outputs.AreScaled)
        {
            return ParityCase.Compare(shape, single, reference, actual);
        }

        // Quantities of any unit and size: in standard deviations of the labels, and without what single precision rounds away.
        var deviation = model.Elements(OutputLayer.TrainingStatistics.Deviation);
        var (singleInUnits, referenceInUnits) = (InUnits(single), InUnits(reference));
        var rounding = Math.ScaleB(singleInUnits.Max(Math.Abs), -22);
        return ParityCase.Compare(
            shape, singleInUnits, referenceInUnits, Array.ConvertAll(InUnits(Array.ConvertAll(actual, value => (double)value)), value => (float)value),
            Math.Max(1, rounding / tolerance));

        double[] InUnits(double[] values) => [.. values.Select((value, i) => value / deviation[i % deviation.Length])];
    }

    // Where the model knows the training rows, numbers like theirs.
    private static float[] Features(AttentionModel model, Random random, int steps)
    {
        var width = model.Options.FeatureCount;
        var elements = ParityElements.Make((long)steps * width, random.NextNormal);
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
}
