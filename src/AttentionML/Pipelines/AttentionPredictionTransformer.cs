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
    private AttentionModel? _model;

    // Owns the model from here on, also where this throws.
    internal AttentionPredictionTransformer(
        AttentionTrainerOptions options, AttentionModel model, Prediction prediction, DataViewType featureColumnType, ScoringEngine engine = ScoringEngine.Torch)
    {
        (Options, _model, Prediction, FeatureColumnType, Engine) = (options, model, prediction, featureColumnType, engine);
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

    // Touches no libtorch until somebody asks for Model.
    internal AttentionPredictionTransformer(
        AttentionTrainerOptions options, ManagedModel model, Prediction prediction, DataViewType featureColumnType)
    {
        (Options, Managed, Prediction, FeatureColumnType, Engine) = (options, model, prediction, featureColumnType, ScoringEngine.Managed);
        _scorer = new ManagedModelScorer(options.FeatureColumnName, model, prediction);
    }

    /// <summary>The settings that the model was trained with.</summary>
    public AttentionTrainerOptions Options { get; }

    /// <summary>The model in libtorch's memory, which is where it is trained, exported and swapped.</summary>
    /// <remarks>
    /// A pipeline that was loaded with <see cref="ScoringEngine.Managed"/> loads libtorch when this is asked for, and not before. Weights that are
    /// loaded into the model reach the scores of <see cref="ScoringEngine.Torch"/> alone: the other engines have copies, so choose one afterwards.
    /// </remarks>
    public AttentionModel Model => _model ?? LazyInitializer.EnsureInitialized(ref _model, Managed!.ToTorch);

    /// <summary>The column of the sequences.</summary>
    public string FeatureColumnName => Options.FeatureColumnName;

    /// <summary>The type that this column had in training.</summary>
    public DataViewType FeatureColumnType { get; }

    /// <summary>True: every row is scored by itself.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>What computes the scores. Training chooses torch.</summary>
    public ScoringEngine Engine { get; }

    internal Prediction Prediction { get; }

    /// <summary>The weights where managed code computes; null where another engine does.</summary>
    internal ManagedModel? Managed { get; }

    /// <summary>The same weights with another mechanism.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of the model.</exception>
    /// <exception cref="ParityException">The engine gives other numbers with it than torch.</exception>
    public AttentionPredictionTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        return With(Options with { Model = Options.Model with { Mechanism = mechanism } }, Engine);
    }

    /// <summary>The same weights, computed by another engine.</summary>
    /// <param name="engine">The engine. It is saved with the model, and never changed for another.</param>
    /// <remarks>
    /// An engine other than torch is compared with torch, and with the formula in double precision, on random sequences of several lengths, with padding
    /// and without, before it scores such rows. A saved model that is loaded again with <see cref="ScoringEngine.Managed"/> is not compared again.
    /// </remarks>
    /// <exception cref="NotSupportedException">The engine computes on the CPU, and the model is on another device.</exception>
    /// <exception cref="ParityException">The engine gives other numbers than torch.</exception>
    public AttentionPredictionTransformer WithEngine(ScoringEngine engine) => With(Options, engine);

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
        _model?.Dispose();
    }

    internal void SaveWeights(Stream stream)
    {
        if (Managed is { } managed)
        {
            managed.SaveWeights(stream);
        }
        else
        {
            Model.SaveWeights(stream);
        }
    }

    private AttentionPredictionTransformer With(AttentionTrainerOptions options, ScoringEngine engine)
    {
        var model = Model.With(options.Model);
        if (engine != ScoringEngine.Managed)
        {
            return new(options, model, Prediction, FeatureColumnType, engine);
        }

        using (model)
        {
            var managed = model.ToManaged();
            ParityCheck.Run(ModelExport.ForEngine(model, Prediction, Prediction.OnnxColumns), managed);
            return new(options, managed, Prediction, FeatureColumnType);
        }
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionPredictionFormat.Save(ctx, this);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
