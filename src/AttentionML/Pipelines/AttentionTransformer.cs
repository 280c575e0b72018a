using AttentionML.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>
/// Adds a column with the attention of three columns, or of one to itself. Reads ahead and scores several rows at once; a column that
/// nobody reads is not computed.
/// </summary>
/// <remarks>Holds no weights and no memory of torch; may be shared by threads.</remarks>
public sealed class AttentionTransformer : ITransformer
{
    private readonly AttentionColumns _columns;
    private readonly torch.Device _device;
    private readonly TorchAttentionScorer _scorer;

    internal AttentionTransformer(AttentionColumns columns, AttentionOptions options, torch.Device device)
    {
        (_columns, _device) = (columns, device);
        _scorer = new TorchAttentionScorer(columns, options, device);
        Options = options;
    }

    /// <summary>The settings.</summary>
    public AttentionOptions Options { get; }

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
    public AttentionTransformer WithMechanism(AttentionMechanism mechanism)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        var options = Options with { Mechanism = mechanism };
        options.Validate();
        return new(_columns, options, _device);
    }

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

    void ICanSaveModel.Save(ModelSaveContext ctx) => AttentionTransformerFormat.Save(ctx, _columns, Options);

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(_scorer, inputSchema);
    }
}
