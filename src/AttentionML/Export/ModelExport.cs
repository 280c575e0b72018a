using AttentionML.Data;
using AttentionML.Models;
using AttentionML.Onnx;
using AttentionML.Tensors;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>A trained model on its way into an ONNX file.</summary>
/// <param name="Model">The model.</param>
/// <param name="Finish">What is made of its head's numbers.</param>
/// <param name="InputName">What the sequences are called.</param>
/// <param name="Columns">The outputs, in the order of <paramref name="Finish"/>.</param>
/// <param name="Metadata">What the file says of itself to programs.</param>
internal sealed record ModelExport(
    AttentionModel Model, IModelFinish Finish, string InputName, IReadOnlyList<ModelColumn> Columns, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>What the mask is called.</summary>
    public const string MaskName = "mask";

    /// <summary>Whether a step of the input is a token.</summary>
    public bool TakesTokens => Model.Options.Embedding == InputEmbedding.Tokens;

    /// <summary>Builds the file, checks it against torch, and writes it.</summary>
    /// <exception cref="ArgumentException">An option is out of its range, or two of the file's values would have one name.</exception>
    /// <exception cref="OnnxParityException">The graph gives other numbers than torch; no file was written.</exception>
    public OnnxParity Write(string path, ModelOnnxOptions options)
    {
        options.Validate();
        if (Model.Options.LongestInput is { } longest && options.FixedLength > longest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.FixedLength, $"The model has learned positions for {longest} steps; a FixedLength cannot be greater.");
        }

        var model = Build(options);
        var parity = ModelParity.Check(this, options, model);
        WholeFile.Write(path, model);
        return parity;
    }

    /// <summary>The bytes of the file, not checked.</summary>
    public byte[] Build(ModelOnnxOptions options)
    {
        var graph = new OnnxGraph();
        var length = options.FixedLength is { } steps ? (OnnxDimension)steps : "length";
        var features = Model.Options.FeatureCount;
        var input = TakesTokens
            ? graph.Input(InputName, "Tokens, 0 for padding.", "batch", length)
            : graph.Input(InputName, "Sequences, step after step.", "batch", length, features);
        OnnxTensor? mask = options.Masked ? new(graph.Input(MaskName, "1 for a step, 0 for padding.", "batch", length)) : null;

        var shapes = Model.Declared.ToDictionary(weight => weight.Name, weight => weight.Shape);
        var pass = new ModelPass<OnnxTensor>(name => new(graph.Weight(name, shapes[name], Model.Elements(name))), mask);
        var finished = Finish.Finish(Model.Network.Forward(new OnnxTensor(input), pass));
        foreach (var (column, tensor) in Columns.Zip(finished))
        {
            graph.Output(column.Name, column.Description, column.Write(tensor));
        }

        return OnnxModel.From(
            graph, "model", $"A sequence model with the attention mechanism '{Model.Options.Mechanism}'.", Metadata).ToByteArray();
    }
}
