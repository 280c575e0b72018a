using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>One class out of several: Score holds the probability of each, PredictedLabel the key of the likeliest.</summary>
internal sealed class MulticlassPrediction : Prediction
{
    /// <summary>What a label's column has to be.</summary>
    public const string Allowed = "a key, with one value a class: put mlContext.Transforms.Conversion.MapValueToKey in front of the trainer";

    private readonly ClassNames _classes;
    private readonly int _classCount;

    /// <param name="classes">The classes and what they are called.</param>
    public MulticlassPrediction(ClassNames classes)
    {
        (_classes, _classCount) = (classes, classes.Count);
        Columns =
        [
            new SequenceOutput.Vector("Score", classes.Count) { Annotations = classes.OfScores() },
            new SequenceOutput.Key("PredictedLabel", classes.Count) { Annotations = classes.OfKeys(), Source = 0 },
        ];
    }

    /// <inheritdoc/>
    public override ModelOutputs Outputs => new(_classCount);

    /// <inheritdoc/>
    public override IReadOnlyList<SequenceOutput> Columns { get; }

    /// <summary>The prediction for a label column.</summary>
    /// <exception cref="ArgumentException">The column is no key, or has a single class.</exception>
    public static MulticlassPrediction For(DataViewSchema.Column label) => label.Type switch
    {
        KeyDataViewType { Count: > 1 and < int.MaxValue } => new(ClassNames.Of(label)),
        KeyDataViewType { Count: 1 } => throw new ArgumentException(
            $"The label column '{label.Name}' has a single class; there have to be two or more to tell apart."),
        _ => throw WrongLabel(label, Allowed),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ModelColumn> OnnxColumns { get; } =
    [
        new ModelColumn.Numbers("Score", "The probability of each class."),
        new ModelColumn.Class("PredictedLabel", "The number of the likeliest class, from 0."),
    ];

    /// <inheritdoc/>
    public override PredictionSettings ToSettings() =>
        new(PredictionName.Multiclass, _classCount, ClassTexts: _classes.Texts, ClassType: _classes.Type);

    /// <inheritdoc/>
    public override Func<float[]> LabelGetter(DataViewRow row, DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key || key.RawType != typeof(uint) || key.Count > (ulong)_classCount)
        {
            throw WrongLabel(label, $"{Allowed}, {_classCount} classes at most");
        }

        _classes.RequireSame(label);
        var getter = row.GetGetter<uint>(label);
        return () =>
        {
            uint value = 0;
            getter(ref value);
            return value > 0 ? [value - 1] : throw new InvalidDataException(
                $"Row {row.Position} of the label column '{label.Name}' has a missing key; every row to learn from needs its class.");
        };
    }

    /// <inheritdoc/>
    public override TrainingTask Task(LabelledSequences rows, TrainingOptions options) =>
        new TrainingTask.Classification(_classCount, options.LabelSmoothing, options.BalanceClasses ? Balance(rows) : options.WeightsOf(_classCount));

    /// <inheritdoc/>
    protected override T[] Finish<T>(T output)
    {
        var probabilities = output.Softmax();
        return [probabilities, probabilities.IndexOfLargest()];
    }

    // Every class counts alike; the weights of the rows add up to their number.
    private float[] Balance(LabelledSequences rows)
    {
        var counts = new int[_classCount];
        for (var row = 0; row < rows.Count; row++)
        {
            counts[(int)rows.Label(row)[0]]++;
        }

        var present = counts.Count(count => count > 0);
        return [.. counts.Select(count => count == 0 ? 0 : (float)rows.Count / (present * count))];
    }
}
