using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
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
    private readonly ISequenceScorer _scorer;

    // Owns the model from here on, also where this throws.
    internal AttentionFeaturesTransformer(
        string outputColumnName, string inputColumnName, int batchBytes, AttentionModel model, ScoringEngine engine = ScoringEngine.Torch)
    {
        (OutputColumnName, InputColumnName, BatchBytes, Model, Engine) = (outputColumnName, inputColumnName, batchBytes, model, engine);
        try
        {
            var encoding = new ModelEncoding();
            _scorer = ScoringEngines.Choose(
                engine, model.Device,
                new TorchModelScorer(inputColumnName, model, encoding, [new SequenceOutput.Vector(outputColumnName, model.Options.ModelDimension)]),
                torch => OnnxEngineScorer.OfModel(torch, model, encoding, [new ModelColumn.Numbers("encoding", "The encoding of each sequence.")]));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The column that is made: a vector of Single, ModelDimension values.</summary>
    public string OutputColumnName { get; }

    /// <summary>The column of the sequences.</summary>
    public string InputColumnName { get; }

    /// <summary>The model.</summary>
    public AttentionModel Model { get; }

    /// <summary>True: every row is transformed by itself.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>What computes the encodings.</summary>
    public ScoringEngine Engine { get; }

    internal int BatchBytes { get; }

    /// <summary>The same weights with another mechanism.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of the model.</exception>
    /// <exception cref="ParityException">The engine gives other numbers with it than torch.</exception>
    public AttentionFeaturesTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        return new(OutputColumnName, InputColumnName, BatchBytes, Model.With(Model.Options with { Mechanism = mechanism }), Engine);
    }

    /// <summary>The same weights, computed by another engine.</summary>
    /// <param name="engine">The engine. It is saved with the transformer, and never changed for another.</param>
    /// <exception cref="NotSupportedException">The engine does not compute on the model's device.</exception>
    /// <exception cref="ParityException">The engine gives other numbers than torch.</exception>
    public AttentionFeaturesTransformer WithEngine(ScoringEngine engine) =>
        new(OutputColumnName, InputColumnName, BatchBytes, Model.With(Model.Options), engine);

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

    /// <summary>Frees the model and the engine.</summary>
    public void Dispose()
    {
        (_scorer as IDisposable)?.Dispose();
        Model.Dispose();
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionFeaturesFormat.Save(ctx, this);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
