using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>
/// A trained attention model in a pipeline: reads a column of sequences, adds Score and what follows from it. Scores several rows at once;
/// a column that nobody reads is not computed.
/// </summary>
/// <remarks>Owns the model. May be shared by threads.</remarks>
public sealed class AttentionPredictionTransformer : ISingleFeaturePredictionTransformer<AttentionModel>, IDisposable
{
    private readonly ISequenceScorer _scorer;

    // Owns the model from here on, also where this throws.
    internal AttentionPredictionTransformer(
        AttentionTrainerOptions options, AttentionModel model, Prediction prediction, DataViewType featureColumnType, ScoringEngine engine = ScoringEngine.Torch)
    {
        (Options, Model, Prediction, FeatureColumnType, Engine) = (options, model, prediction, featureColumnType, engine);
        try
        {
            _scorer = ScoringEngines.Choose(
                engine, model.Device, new TorchModelScorer(options.FeatureColumnName, model, prediction, prediction.Columns),
                torch => OnnxEngineScorer.OfModel(torch, model, prediction, prediction.OnnxColumns));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The settings that the model was trained with.</summary>
    public AttentionTrainerOptions Options { get; }

    /// <summary>The model.</summary>
    public AttentionModel Model { get; }

    /// <summary>The column of the sequences.</summary>
    public string FeatureColumnName => Options.FeatureColumnName;

    /// <summary>The type that this column had in training.</summary>
    public DataViewType FeatureColumnType { get; }

    /// <summary>True: every row is scored by itself.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>What computes the scores. Training chooses torch.</summary>
    public ScoringEngine Engine { get; }

    internal Prediction Prediction { get; }

    /// <summary>The same weights with another mechanism.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of the model.</exception>
    public AttentionPredictionTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        var options = Options with { Model = Options.Model with { Mechanism = mechanism } };
        return new(options, Model.With(options.Model), Prediction, FeatureColumnType, Engine);
    }

    /// <summary>The same weights, computed by another engine.</summary>
    /// <param name="engine">The engine. It is saved with the model, and never changed for another.</param>
    /// <exception cref="NotSupportedException">The engine does not compute on the model's device.</exception>
    /// <exception cref="OnnxParityException">The engine gives other numbers than torch.</exception>
    public AttentionPredictionTransformer WithEngine(ScoringEngine engine) =>
        new(Options, Model.With(Options.Model), Prediction, FeatureColumnType, engine);

    /// <summary>The schema after scoring.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">The column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>A view with the scores added. Nothing is read until a cursor of the view is.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">The column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SequenceView(Bind(input.Schema), input, Options.BatchBytes);
    }

    /// <summary>The scoring one row at a time, for prediction engines.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">The column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new SequenceRowMapper(Bind(inputSchema));

    /// <summary>Frees the model and the engine.</summary>
    public void Dispose()
    {
        (_scorer as IDisposable)?.Dispose();
        Model.Dispose();
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionPredictionFormat.Save(ctx, this);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
