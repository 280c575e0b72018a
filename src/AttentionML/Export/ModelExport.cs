using AttentionML.Models;
using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using AttentionML.Tensors;

namespace AttentionML.Export;

/// <summary>A trained model on its way into an ONNX file, or to be compared as one.</summary>
/// <param name="Model">The model.</param>
/// <param name="Function">What the file computes with it.</param>
/// <param name="InputName">What the sequences are called.</param>
/// <param name="Columns">The outputs, in the order of <paramref name="Function"/>.</param>
/// <param name="Metadata">What the file says of itself to programs.</param>
internal sealed record ModelExport(
    AttentionModel Model, IModelFunction Function, string InputName, IReadOnlyList<ModelColumn> Columns, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>What the mask is called.</summary>
    public const string MaskName = "mask";

    /// <summary>Whether a step of the input is a token.</summary>
    public bool TakesTokens => Model.Options.Embedding == InputEmbedding.Tokens;

    /// <summary>A model for an engine of pipelines, which computes all columns as numbers. A file gives classes and flags as such.</summary>
    /// <param name="model">The model.</param>
    /// <param name="function">What the engine computes with it.</param>
    /// <param name="columns">What a file of it would give.</param>
    public static ModelExport ForEngine(AttentionModel model, IModelFunction function, IEnumerable<ModelColumn> columns) => new(
        model, function, "features",
        [.. columns.Select(column => column is ModelColumn.Numbers ? column : new ModelColumn.Consequence(column.Name, column.Description))],
        new Dictionary<string, string>());

    /// <summary>The outputs whose numbers are compared: the columns of single precision, and the weights of each block.</summary>
    public IEnumerable<string> NumberOutputs(ModelOnnxOptions options) =>
        [.. Columns.OfType<ModelColumn.Numbers>().Select(column => column.Name), .. WeightOutputs(options)];

    /// <summary>The file, not checked or written yet.</summary>
    /// <exception cref="ArgumentException">An option is out of its range, or two of the file's values would have one name.</exception>
    public OnnxExport Prepare(ModelOnnxOptions options)
    {
        options.Validate();
        if (Model.Options.LongestInput is { } longest && options.FixedLength > longest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.FixedLength, $"The model has learned positions for {longest} steps; a FixedLength cannot be greater.");
        }

        var subject = new ModelParity(this, options);
        var (file, form) = OnnxFormChoice.Make(
            (Model.Options, Model.Outputs, options), options.Profile, Lengths(options), subject, takesContributed => Build(options, takesContributed));
        return new(file, subject, options.Profile, form, options.LargestInside);
    }

    /// <summary>What the file gives, and what torch gives: the finished columns, and the weights of each block where they are asked for.</summary>
    public List<T> Compute<T>(T input, ModelOnnxOptions options, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        List<T> weights = [];
        return [.. Function.Compute(Model.Network, input, options.WithWeights ? pass with { AttentionWeights = weights } : pass), .. weights];
    }

    private ModelProto Build(ModelOnnxOptions options, bool takesContributed)
    {
        var graph = new OnnxGraph(takesContributed);
        var length = options.FixedLength is { } steps ? (OnnxDimension)steps : "length";
        var features = Model.Options.FeatureCount;
        var input = TakesTokens
            ? graph.Input(InputName, "Tokens, 0 for padding.", "batch", length)
            : graph.Input(InputName, "Sequences, step after step.", "batch", length, features);
        OnnxTensor? mask = options.Masked ? new(graph.Input(MaskName, "1 for a step, 0 for padding.", "batch", length)) : null;

        var shapes = Model.Declared.ToDictionary(weight => weight.Name, weight => weight.Shape);
        var outputs = Compute(
            new OnnxTensor(input), options, new(name => new(graph.Weight(name, shapes[name], Model.Elements(name))), mask));
        foreach (var (column, tensor) in Columns.Zip(outputs))
        {
            graph.Output(column.Name, column.Description, column.Write(tensor));
        }

        foreach (var (name, tensor) in WeightOutputs(options).Zip(outputs.Skip(Columns.Count)))
        {
            graph.Output(name, "The weight that each step of the block gives each other.", tensor.Value);
        }

        return OnnxModel.From(graph, "model", $"A sequence model with the attention mechanism '{Model.Options.Mechanism}'.", Metadata);
    }

    // What the file will mostly see, of what it can take.
    private IEnumerable<int> Lengths(ModelOnnxOptions options)
    {
        var expected = options.FixedLength is { } only ? new(only, only) : options.ExpectedLengths;
        var most = Model.Options.LongestInput ?? expected.Longest;
        return new LengthRange((int)Math.Min(expected.Shortest, most), (int)Math.Min(expected.Longest, most)).Doublings;
    }

    private IEnumerable<string> WeightOutputs(ModelOnnxOptions options) =>
        options.WithWeights ? Enumerable.Range(0, Model.Options.LayerCount).Select(layer => $"{AttentionOnnx.Weights}.{layer}") : [];
}
