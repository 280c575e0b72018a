using AttentionML.Export;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace AttentionML.Pipelines;

/// <summary>
/// Adds the outputs of an ONNX model as columns. Reads ahead and scores several rows at once; what nobody reads is not computed.
/// </summary>
/// <remarks>Owns the session of ONNX Runtime and the bytes of the model. May be shared by threads.</remarks>
public sealed class OnnxSequenceModelTransformer : ITransformer, IDisposable
{
    private readonly byte[] _file;

    private OnnxSequenceModelTransformer(byte[] file, OnnxSequenceScorer scorer, OnnxSequenceModelOptions options) =>
        (_file, Scorer, Options) = (file, scorer, options);

    /// <summary>The settings.</summary>
    public OnnxSequenceModelOptions Options { get; }

    /// <summary>True: every row is transformed by itself.</summary>
    public bool IsRowToRowMapper => true;

    internal OnnxSequenceScorer Scorer { get; }

    /// <summary>The schema after the transform.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing, has another type, or a size that does not fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>A view with the outputs added. Nothing is read until a cursor of the view is.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">A column is missing, has another type, or a size that does not fit.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SequenceView(Bind(input.Schema), input, Options.BatchBytes);
    }

    /// <summary>The transform one row at a time, for prediction engines.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">A column is missing, has another type, or a size that does not fit.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new SequenceRowMapper(Bind(inputSchema));

    /// <summary>Closes the session.</summary>
    public void Dispose() => Scorer.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx) => OnnxSequenceModelFormat.Save(ctx, Options, _file);

    internal static OnnxSequenceModelTransformer Open(IHostEnvironment environment, OnnxSequenceModelOptions options)
    {
        options.Validate();
        return Open(environment, options, OnnxWholeModel.Read(options.ModelFile));
    }

    internal static OnnxSequenceModelTransformer Open(IHostEnvironment environment, OnnxSequenceModelOptions options, byte[] file)
    {
        using var settings = OnnxSessions.Settings(environment, options.Threads, options.GraphOptimization);
        return new(file, new OnnxSequenceScorer(file, settings, options), options);
    }

    private SequenceBindings Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new SequenceBindings(Scorer, inputSchema);
    }
}
