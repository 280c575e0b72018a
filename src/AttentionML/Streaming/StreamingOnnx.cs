using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>Causal linear attention as ONNX files that take a sequence piece by piece.</summary>
/// <remarks>
/// <para>
/// Inputs, single precision: <c>features</c> [batch, length, FeatureCount] (tokens: [batch, length]; a mechanism that is no self-attention:
/// <c>queries</c>, <c>keys</c> and <c>values</c>), the next steps of each sequence, one or more; and <c>state.NAME</c> [batch, …], zeros in
/// front of the first piece. Outputs: <c>output</c>, [batch, outputs] for the sequence so far or [batch, length, outputs] for every step,
/// and <c>next.NAME</c>, which the next piece gets as its state. ai.onnx operator set 17, format version 8.
/// </para>
/// <para>
/// A file appears only after it has run in ONNX Runtime, on sequences cut in several ways, one step at a time included, and given, outputs
/// and states, what torch gives for the whole sequence, in single precision and by the formula in double. What was compared is written
/// beside it: <c>model.onnx</c> gets <c>model.parity.json</c>, whose cases have the length of a piece and, as key length, that of the
/// sequence so far. <c>OnnxParity.Verify</c> checks the file again.
/// </para>
/// </remarks>
public static class StreamingOnnx
{
    private const string Output = "output";

    /// <summary>Writes a causal model.</summary>
    /// <param name="model">The model; its outputs are what <see cref="AttentionModel.Forward"/> gives.</param>
    /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
    /// <returns>What was compared, and how far apart the two were.</returns>
    /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
    /// <exception cref="ParityException">The graph gives other numbers than torch; no file was written.</exception>
    public static OnnxParity ExportStreamingOnnx(this AttentionModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Write(new StreamedModel(model), path);
    }

    /// <summary>Writes a mechanism by itself.</summary>
    /// <param name="mechanism">A linear mechanism, or one of your own that is <see cref="IStreamingAttention"/>.</param>
    /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
    /// <param name="headCount">H.</param>
    /// <param name="headDimension">d, features of a query or key per head.</param>
    /// <param name="valueDimension">m, features of a value per head; null, the default, where one vector serves as query, key and value.</param>
    /// <returns>What was compared, and how far apart the two were.</returns>
    /// <exception cref="NotSupportedException">The mechanism needs the whole past.</exception>
    /// <exception cref="ParityException">The graph gives other numbers than torch; no file was written.</exception>
    public static OnnxParity ExportStreamingOnnx(
        this AttentionMechanism mechanism, string path, int headCount, int headDimension, int? valueDimension = null) =>
        Write(new StreamedMechanism(mechanism, headCount, headDimension, valueDimension), path);

    internal static OnnxParity Write(IStreamingFormula formula, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return OnnxFile.Write(
            path, new(Build(formula), new StreamingParity(formula), OnnxProfile.Portable, new(IsFused: false, []), new ModelOnnxOptions().LargestInside));
    }

    /// <summary>The outputs of a file: the formula's, and what is handed on.</summary>
    internal static IEnumerable<string> OutputNames(StreamingLayout layout) => layout.States.Select(After).Prepend(Output);

    internal static string Before(ModelState state) => $"state.{state.Name}";

    private static string After(ModelState state) => $"next.{state.Name}";

    private static ModelProto Build(IStreamingFormula formula)
    {
        var graph = new OnnxGraph();
        var layout = formula.Layout;
        List<OnnxTensor> inputs =
        [
            .. layout.Inputs.Select(input => new OnnxTensor(input.IsToken
                ? graph.Input(input.Name, "The next tokens.", "batch", "length")
                : graph.Input(input.Name, "The next steps.", "batch", "length", input.Width))),
        ];
        var past = layout.States.ToDictionary(state => state.Name, state => new OnnxTensor(graph.Input(
            Before(state), "What the piece before handed on; zeros in front of the first.", ["batch", .. Array.ConvertAll(state.Shape, size => (OnnxDimension)size)])));

        var memory = new ModelMemory<OnnxTensor>(name => past[name]);
        var shapes = formula.Model?.Declared.ToDictionary(weight => weight.Name, weight => weight.Shape);
        var output = formula.Next(inputs, name => new(graph.Weight(name, shapes![name], formula.Model!.Elements(name))), memory);
        graph.Output(Output, layout.HasOutputPerStep ? "One output for each step." : "The output for the sequence so far.", output.Value);
        foreach (var state in layout.States)
        {
            graph.Output(After(state), "What the next piece gets.", memory.Next[state.Name].Value);
        }

        return OnnxModel.From(
            graph, "streaming", $"A sequence, piece by piece, with the attention mechanism '{formula.Mechanism}'.",
            StreamingMetadata.Write(formula));
    }
}
