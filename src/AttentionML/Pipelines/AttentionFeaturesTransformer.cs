using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>
/// Adds the encoding of a sequence by a trained model: the pooled vector in front of the head, ModelDimension values. Encodes several rows at
/// once; a column that nobody reads is not computed.
/// </summary>
/// <remarks>Owns the model. May be shared by threads.</remarks>
public sealed class AttentionFeaturesTransformer : ITransformer, IDisposable
{
    private readonly TorchModelScorer _scorer;

    internal AttentionFeaturesTransformer(string outputColumnName, string inputColumnName, int batchBytes, AttentionModel model)
    {
        (OutputColumnName, InputColumnName, BatchBytes, Model) = (outputColumnName, inputColumnName, batchBytes, model);
        _scorer = new(
            inputColumnName, model, [new SequenceOutput.Vector(outputColumnName, model.Options.ModelDimension)],
            (input, visible) => [new TorchTensor(model.Encode(input, visible))]);
    }

    /// <summary>The column that is made: a vector of Single, ModelDimension values.</summary>
    public string OutputColumnName { get; }

    /// <summary>The column of the sequences.</summary>
    public string InputColumnName { get; }

    /// <summary>The model.</summary>
    public AttentionModel Model { get; }

    /// <summary>True: every row is transformed by itself.</summary>
    public bool IsRowToRowMapper => true;

    internal int BatchBytes { get; }

    /// <summary>The same weights with another mechanism.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of the model.</exception>
    public AttentionFeaturesTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        return new(OutputColumnName, InputColumnName, BatchBytes, Model.With(Model.Options with { Mechanism = mechanism }));
    }

    /// <summary>The schema after the transform.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">The column is missing, is of another type, or has a size that does not fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>A view with the encodings added. Nothing is read until a cursor of the view is.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">The column is missing, is of another type, or has a size that does not fit.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SequenceView(Bind(input.Schema), input, BatchBytes);
    }

    /// <summary>The transform one row at a time, for prediction engines.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">The column is missing, is of another type, or has a size that does not fit.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new SequenceRowMapper(Bind(inputSchema));

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionFeaturesFormat.Save(ctx, this);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
