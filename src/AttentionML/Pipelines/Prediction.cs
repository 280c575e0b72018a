using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Tensors;
using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>
/// What a trained model predicts: how a label column becomes numbers to learn from, and how the numbers of the head become ML.NET's
/// standard columns.
/// </summary>
internal abstract class Prediction : IModelFunction
{
    /// <summary>What the model's head gives.</summary>
    public abstract ModelOutputs Outputs { get; }

    /// <summary>The columns that are made.</summary>
    public abstract IReadOnlyList<SequenceOutput> Columns { get; }

    /// <summary>The columns as an ONNX file gives them.</summary>
    public abstract IReadOnlyList<ModelColumn> OnnxColumns { get; }

    /// <summary>The prediction as a saved model writes it.</summary>
    public abstract PredictionSettings ToSettings();

    /// <summary>A getter that reads the label of a row as numbers.</summary>
    /// <param name="row">The row, with the label's column active.</param>
    /// <param name="label">The label's column.</param>
    public abstract Func<float[]> LabelGetter(DataViewRow row, DataViewSchema.Column label);

    /// <summary>What the training loop needs to know.</summary>
    /// <param name="rows">The training rows.</param>
    /// <param name="options">How to train.</param>
    public abstract TrainingTask Task(LabelledSequences rows, TrainingOptions options);

    /// <inheritdoc/>
    public T[] Compute<T>(AttentionNetwork network, T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => Finish(network.Forward(input, pass));

    /// <summary>From the head's numbers [N, O] to one tensor [N, any] per column.</summary>
    protected abstract T[] Finish<T>(T output)
        where T : struct, ITensorValue<T>;

    /// <summary>The error for a label column of another type.</summary>
    protected static ArgumentException WrongLabel(DataViewSchema.Column label, string allowed) => WrongLabel(label.Name, label.Type, allowed);

    /// <inheritdoc cref="WrongLabel(DataViewSchema.Column, string)"/>
    public static ArgumentException WrongLabel(string name, object type, string allowed) =>
        new($"The label column '{name}' is {type}; it has to be {allowed}.");
}
