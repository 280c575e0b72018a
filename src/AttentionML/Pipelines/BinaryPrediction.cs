using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Yes or no: Score is the log-odds of yes, Probability its probability, PredictedLabel whether it is the likelier.</summary>
internal sealed class BinaryPrediction : Prediction
{
    /// <summary>What a label's column has to be.</summary>
    public const string Allowed = "Boolean";

    /// <inheritdoc/>
    public override ModelOutputs Outputs => new(1);

    /// <inheritdoc/>
    public override IReadOnlyList<SequenceOutput> Columns { get; } =
        [new SequenceOutput.Number("Score"), new SequenceOutput.Number("Probability"), new SequenceOutput.Flag("PredictedLabel")];

    /// <inheritdoc/>
    public override IReadOnlyList<ModelColumn> OnnxColumns { get; } =
    [
        new ModelColumn.Numbers("Score", "The log-odds of yes."),
        new ModelColumn.Numbers("Probability", "The probability of yes."),
        new ModelColumn.Flag("PredictedLabel", "Whether yes is the likelier."),
    ];

    /// <inheritdoc/>
    public override PredictionSettings ToSettings() => new(PredictionName.Binary, 1);

    /// <inheritdoc/>
    public override Func<float[]> LabelGetter(DataViewRow row, DataViewSchema.Column label)
    {
        if (label.Type is not BooleanDataViewType)
        {
            throw WrongLabel(label, Allowed);
        }

        var getter = row.GetGetter<bool>(label);
        return () =>
        {
            var value = false;
            getter(ref value);
            return [value ? 1 : 0];
        };
    }

    /// <inheritdoc/>
    public override TrainingTask Task(LabelledSequences rows, TrainingOptions options)
    {
        var positive = Enumerable.Range(0, rows.Count).Count(row => rows.Label(row)[0] > 0);
        var weight = options.BalanceClasses && positive > 0 && positive < rows.Count ? (double)(rows.Count - positive) / positive
            : options.WeightsOf(2) is [var no, var yes] ? yes / no
            : 1;
        return new TrainingTask.Binary(options.LabelSmoothing, weight);
    }

    /// <inheritdoc/>
    protected override T[] Finish<T>(T output) => [output, output.Sigmoid(), output];
}
