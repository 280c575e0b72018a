using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>One number or several: Score holds them, a Single or a vector of Single, as the label does.</summary>
internal sealed class RegressionPrediction : Prediction
{
    /// <summary>What a label's column has to be.</summary>
    public const string Allowed = "Single, or a vector of Single of fixed size";

    /// <param name="outputCount">The numbers of one label.</param>
    /// <param name="isVector">Whether the label is a vector.</param>
    public RegressionPrediction(int outputCount, bool isVector)
    {
        (Outputs, IsVector) = (new(outputCount, AreScaled: true), isVector);
        Columns = [isVector ? new SequenceOutput.Vector("Score", outputCount) : new SequenceOutput.Number("Score")];
    }

    /// <summary>Whether the label is a vector.</summary>
    public bool IsVector { get; }

    /// <inheritdoc/>
    public override ModelOutputs Outputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SequenceOutput> Columns { get; }

    /// <summary>The prediction for a label column.</summary>
    /// <exception cref="ArgumentException">The column is neither Single nor a vector of it of fixed size.</exception>
    public static RegressionPrediction For(DataViewSchema.Column label) => label.Type switch
    {
        NumberDataViewType { RawType: var type } when type == typeof(float) => new(1, isVector: false),
        VectorDataViewType { IsKnownSize: true, ItemType.RawType: var type } vector when type == typeof(float) => new(vector.Size, isVector: true),
        _ => throw WrongLabel(label, Allowed),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ModelColumn> OnnxColumns { get; } =
    [
        new ModelColumn.Numbers("Score", "The predicted numbers, in the units of the labels."),
    ];

    /// <inheritdoc/>
    public override PredictionSettings ToSettings() => new(PredictionName.Regression, Outputs.Count, IsVector);

    /// <inheritdoc/>
    public override Func<float[]> LabelGetter(DataViewRow row, DataViewSchema.Column label)
    {
        var own = For(label);
        if (own.IsVector != IsVector || own.Outputs != Outputs)
        {
            throw WrongLabel(label, IsVector ? $"a vector of {Outputs.Count} Single" : "Single");
        }

        var read = IsVector ? VectorGetter(row.GetGetter<VBuffer<float>>(label)) : NumberGetter(row.GetGetter<float>(label));
        return () =>
        {
            var values = read();
            return values.All(float.IsFinite) ? values : throw new InvalidDataException(
                $"Row {row.Position} of the label column '{label.Name}' holds a number that is missing or infinite; leave such rows out.");
        };
    }

    /// <inheritdoc/>
    public override TrainingTask Task(LabelledSequences rows, TrainingOptions options) => new TrainingTask.Regression(Statistics(rows).Deviation);

    /// <inheritdoc/>
    protected override T[] Finish<T>(T output) => [output];

    /// <summary>Mean and standard deviation of each number over the rows.</summary>
    public (float[] Mean, float[] Deviation) Statistics(LabelledSequences rows)
    {
        var statistics = new RunningStatistics(Outputs.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            statistics.Add(rows.Label(row));
        }

        return (statistics.Mean(), statistics.Deviation());
    }

    private static Func<float[]> NumberGetter(ValueGetter<float> getter) => () =>
    {
        float value = 0;
        getter(ref value);
        return [value];
    };

    private static Func<float[]> VectorGetter(ValueGetter<VBuffer<float>> getter)
    {
        var value = default(VBuffer<float>);
        return () =>
        {
            getter(ref value);
            return value.DenseValues().ToArray();
        };
    }
}
