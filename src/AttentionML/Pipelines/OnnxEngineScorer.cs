using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Training;
using Google.Protobuf;

namespace AttentionML.Pipelines;

/// <summary>What torch computes, computed by ONNX Runtime from the graph that is exported: the same columns, the same refusals.</summary>
/// <remarks>
/// Rows of one length go through a graph without a mask; one with a mask is built where rows are padded for the first time. Each is compared
/// with torch before it is used.
/// </remarks>
internal sealed class OnnxEngineScorer : ISequenceScorer, IDisposable
{
    private readonly ISequenceScorer _torch;
    private readonly Func<bool, OnnxExport> _prepare;
    private readonly IReadOnlyDictionary<string, string> _columns;
    private readonly OnnxSequenceScorer _open;
    private readonly Lazy<OnnxSequenceScorer> _masked;

    /// <param name="torch">What torch would do.</param>
    /// <param name="prepare">Builds the graph, with a mask or without.</param>
    /// <param name="columns">The columns of its inputs, by their names in the graph.</param>
    /// <param name="pads">Whether rows of nearly one length may be padded to one.</param>
    /// <exception cref="ParityException">The graph gives other numbers than torch.</exception>
    private OnnxEngineScorer(ISequenceScorer torch, Func<bool, OnnxExport> prepare, IReadOnlyDictionary<string, string> columns, bool pads = true)
    {
        (_torch, _prepare, _columns, Pads) = (torch, prepare, columns, pads);
        _open = Open(isMasked: false);
        _masked = new(() => Open(isMasked: true));
    }

    /// <summary>A scorer of a model.</summary>
    /// <param name="torch">What torch would do.</param>
    /// <param name="model">The model; not owned.</param>
    /// <param name="function">What is computed with it.</param>
    /// <param name="columns">What a file of it would give.</param>
    public static OnnxEngineScorer OfModel(ISequenceScorer torch, AttentionModel model, IModelFunction function, IReadOnlyList<ModelColumn> columns)
    {
        var export = ModelExport.ForEngine(model, function, columns);
        var names = new Dictionary<string, string> { [export.InputName] = torch.Inputs[0].Name };
        return new(torch, isMasked => export.Prepare(new() { Masked = isMasked }), names);
    }

    /// <summary>A scorer of attention by itself.</summary>
    /// <param name="torch">What torch would do.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="options">The settings.</param>
    public static OnnxEngineScorer OfAttention(ISequenceScorer torch, AttentionColumns columns, AttentionOptions options)
    {
        var built = new AttentionOnnxOptions
        {
            HeadCount = options.HeadCount,
            HeadDimension = options.ModelDimension / options.HeadCount,
            ValueDimension = options.ValueStepWidth / options.HeadCount,
            Causal = options.Causal,
            SelfAttention = columns.Queries == columns.Keys && columns.Keys == columns.Values,
        };
        var names = built.SelfAttention ? new() { ["features"] = columns.Queries } : new Dictionary<string, string>
        {
            ["queries"] = columns.Queries,
            ["keys"] = columns.Keys,
            ["values"] = columns.Values,
        };

        // A mask covers one length: that of the keys, which is the only one of self-attention and of causal attention.
        var pads = built.SelfAttention || built.Causal;
        return new(torch, isMasked => AttentionOnnx.Prepare(options.Mechanism, built with { Masked = isMasked }), names, pads);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs => _torch.Inputs;

    /// <inheritdoc/>
    public bool Pads { get; }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => _torch.GetOutputs(lengths);

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths) => _torch.Refuse(lengths);

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths) => _open.WorkingBytes(lengths);

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        foreach (var input in inputs)
        {
            if (!input.IsUniform)
            {
                return _masked.Value.Score(inputs);
            }
        }

        return _open.Score(inputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.Dispose();
        if (_masked.IsValueCreated)
        {
            _masked.Value.Dispose();
        }
    }

    private OnnxSequenceScorer Open(bool isMasked)
    {
        var export = _prepare(isMasked);
        var file = export.Model.ToByteArray();
        Check(export, file);
        using var settings = OnnxSessions.Settings(threads: 1);
        return new(file, settings, new() { ModelFile = "the exported graph", Columns = _columns, MaskInput = isMasked ? ModelExport.MaskName : null });
    }

    private static void Check(OnnxExport export, byte[] file)
    {
        var folder = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.onnx");
            File.WriteAllBytes(path, file);
            ParityCheck.Run(export.Subject, path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
