using AttentionML.Export;
using AttentionML.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>
/// Adds a column with the attention of three columns, or of one to itself. Reads ahead and scores several rows at once; a column that
/// nobody reads is not computed.
/// </summary>
/// <remarks>Holds no weights; owns its engine. May be shared by threads.</remarks>
public sealed class AttentionTransformer : ITransformer, IDisposable
{
    private readonly AttentionColumns _columns;
    private readonly torch.Device _device;
    private readonly ISequenceScorer _scorer;

    internal AttentionTransformer(AttentionColumns columns, AttentionOptions options, torch.Device device, ScoringEngine engine = ScoringEngine.Torch)
    {
        (_columns, _device, Options, Engine) = (columns, device, options, engine);
        _scorer = ScoringEngines.Choose(
            engine, device, new TorchAttentionScorer(columns, options, device), torch => OnnxEngineScorer.OfAttention(torch, columns, options));
    }

    /// <summary>The settings.</summary>
    public AttentionOptions Options { get; }

    /// <summary>What computes the attention.</summary>
    public ScoringEngine Engine { get; }

    /// <summary>The column that is made.</summary>
    public string OutputColumnName => _columns.Output;

    /// <summary>The column of the queries.</summary>
    public string QueriesColumnName => _columns.Queries;

    /// <summary>The column of the keys.</summary>
    public string KeysColumnName => _columns.Keys;

    /// <summary>The column of the values.</summary>
    public string ValuesColumnName => _columns.Values;

    /// <summary>True: every row is transformed by itself.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>The same transform with another mechanism.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction of this transform.</exception>
    /// <exception cref="ParityException">The engine gives other numbers with it than torch.</exception>
    public AttentionTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        var options = Options with { Mechanism = mechanism };
        options.Validate();
        return new(_columns, options, _device, Engine);
    }

    /// <summary>The same transform, computed by another engine.</summary>
    /// <param name="engine">The engine. It is saved with the transformer, and never changed for another.</param>
    /// <remarks>
    /// <see cref="ScoringEngine.OnnxRuntime"/> pads rows of nearly one length to one where queries, keys and values are of one length; otherwise it
    /// scores together the rows whose lengths are equal.
    /// </remarks>
    /// <exception cref="NotSupportedException">The engine does not compute on the context's device.</exception>
    /// <exception cref="ParityException">The engine gives other numbers than torch.</exception>
    public AttentionTransformer WithEngine(ScoringEngine engine) => new(_columns, Options, _device, engine);

    /// <summary>The schema after the transform.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>A view with the output added. Nothing is read until a cursor of the view is.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">A column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SequenceView(Bind(input.Schema), input, Options.BatchBytes);
    }

    /// <summary>The transform one row at a time, for prediction engines.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">A column is missing, is no vector of Single, or has a size that does not fit.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new SequenceRowMapper(Bind(inputSchema));

    /// <summary>Frees the engine.</summary>
    public void Dispose() => (_scorer as IDisposable)?.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionTransformerFormat.Save(ctx, _columns, this);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
