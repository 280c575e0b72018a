using AttentionML.Mechanisms;
using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using AttentionML.Tensors;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>Attention as ONNX files: written, verified and read back.</summary>
public static class AttentionOnnx
{
    internal const string Output = "attention";
    internal const string Weights = "weights";

    /// <summary>Writes one attention, from the same formula that torch computes, as an ONNX file.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
    /// <param name="options">What the file is built for.</param>
    /// <remarks>
    /// Inputs, single precision: <c>queries</c> [batch, length, H·d], <c>keys</c> [batch, key_length, H·d] and <c>values</c> [batch,
    /// key_length, H·m], or for self-attention <c>features</c> [batch, length, H·d]; with a mask, <c>mask</c> [batch, key_length], 1
    /// where a key may be seen and 0 where it is padding. Causal and self-attention have one length. Output: <c>attention</c> [batch,
    /// length, H·m]; with the weights, <c>weights</c> [batch, H, length, key_length], for linear attention those that it implies. Format
    /// version 8, ai.onnx operator set 17; with <see cref="OnnxProfile.OnnxRuntime"/> also com.microsoft operators, where they pay.
    /// <para>
    /// The file appears only after it has run in ONNX Runtime, at several batches and lengths, and given what torch gives in single and
    /// the formula in double precision. What was compared is written beside it: <c>model.onnx</c> gets <c>model.parity.json</c>.
    /// </para>
    /// </remarks>
    /// <returns>What was compared, and how far apart the two were.</returns>
    /// <exception cref="ArgumentException">The options do not fit together.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that the options ask for.</exception>
    /// <exception cref="ParityException">The graph gives other numbers than torch; no file was written.</exception>
    public static OnnxParity ExportOnnx(this AttentionMechanism mechanism, string path, AttentionOnnxOptions options)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        return OnnxFile.Write(path, Prepare(mechanism, options));
    }

    /// <summary>
    /// Writes one attention into a model repository that inference servers (Triton, KServe) read: <c>NAME/VERSION/model.onnx</c> with its
    /// certificate, <c>NAME/config.pbtxt</c>, and an entry in the repository's <c>README.md</c>.
    /// </summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <param name="root">The repository; made where it is not there.</param>
    /// <param name="name">The model's name: letters a to z, digits, <c>.</c>, <c>_</c> and <c>-</c>, 128 at most.</param>
    /// <param name="version">
    /// The version, from 1 up. Servers take the highest: configuration, labels and entry stay those of a higher one that is there.
    /// </param>
    /// <param name="card">What the repository is to say of the model.</param>
    /// <param name="options">What the file is built for.</param>
    /// <returns>What was compared, and how far apart the two were.</returns>
    /// <exception cref="ArgumentException">The name, the version, the card or the options cannot be.</exception>
    /// <exception cref="IOException">
    /// The version is there, and <see cref="ModelCard.Replace"/> is false; or the repository is the root of a file system:
    /// the model is made beside it and renamed.
    /// </exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that the options ask for.</exception>
    /// <exception cref="ParityException">The graph gives other numbers than torch; nothing was written.</exception>
    public static OnnxParity ExportToRepository(
        this AttentionMechanism mechanism, string root, string name, int version, ModelCard card, AttentionOnnxOptions options)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(options);
        return ModelRepository.Write(root, name, version, Prepare(mechanism, options), card, labels: null);
    }

    /// <summary>Reads what a file that <see cref="ExportOnnx"/> wrote says of itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="own">Mechanisms of your own, one of which the file may name.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no ONNX model, is a part of one, was not written by <see cref="ExportOnnx"/>, or names a mechanism that is neither
    /// built in nor one of <paramref name="own"/>. The message says which.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static AttentionOnnxInfo ReadInfo(string path, params ReadOnlySpan<AttentionMechanism> own)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return AttentionMetadata.Read(path, own);
    }

    /// <summary>The file of one attention, not checked or written yet.</summary>
    /// <exception cref="ArgumentException">The options do not fit together.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that the options ask for.</exception>
    internal static OnnxExport Prepare(AttentionMechanism mechanism, AttentionOnnxOptions options)
    {
        options.Validate();
        var subject = new AttentionParity(mechanism, options);
        var (file, form) = OnnxFormChoice.Make(
            (mechanism, options), options.Profile, options.ExpectedLengths.Doublings, subject,
            takesContributed => BuildModel(mechanism, options, takesContributed));
        return new(file, subject, options.Profile, form, long.MaxValue);
    }

    internal static byte[] Build(AttentionMechanism mechanism, AttentionOnnxOptions options, bool takesContributed) =>
        BuildModel(mechanism, options, takesContributed).ToByteArray();

    private static ModelProto BuildModel(AttentionMechanism mechanism, AttentionOnnxOptions options, bool takesContributed)
    {
        var graph = new OnnxGraph(takesContributed);
        var keyLength = options.Causal || options.SelfAttention ? "length" : "key_length";
        var keyWidth = options.HeadCount * options.HeadDimension;
        var valueWidth = options.HeadCount * options.ValueDimension;

        OnnxTensor queries, keys, values;
        if (options.SelfAttention)
        {
            queries = keys = values = Input("features", "What serves as queries, keys and values.", "length", keyWidth);
        }
        else
        {
            queries = Input("queries", "Queries, head beside head.", "length", keyWidth);
            keys = Input("keys", "Keys, head beside head.", keyLength, keyWidth);
            values = Input("values", "Values, head beside head.", keyLength, valueWidth);
        }

        OnnxTensor? mask = options.Masked ? new(graph.Input("mask", "1 for a key, 0 for padding.", "batch", keyLength)) : null;
        var outputs = Attend(mechanism, options, queries, keys, values, mask);
        graph.Output(Output, "One output per query, head beside head.", outputs[0].Value);
        if (options.WithWeights)
        {
            graph.Output(Weights, "The weight that each query gives each key.", outputs[1].Value);
        }

        return OnnxModel.From(
            graph,
            "attention",
            $"Attention '{mechanism}': {mechanism.Paper}",
            AttentionMetadata.Write(mechanism, options));

        OnnxTensor Input(string name, string description, string length, int width) =>
            new(graph.Input(name, description, "batch", length, width));
    }

    /// <summary>
    /// Attention between packed heads, [N, L, H·d] → [N, L, H·m], and the weights [N, H, L, S] where they are asked for: what is exported,
    /// and what it is compared with.
    /// </summary>
    internal static List<T> Attend<T>(
        AttentionMechanism mechanism, AttentionOnnxOptions options, T queries, T keys, T values, T? mask, bool byFormula = false)
        where T : struct, ITensorValue<T>
    {
        var (q, k, v) = (queries.SplitHeads(options.HeadCount), keys.SplitHeads(options.HeadCount), values.SplitHeads(options.HeadCount));
        var inputs = new AttentionInputs<T>(mask, options.Causal);
        var output = byFormula ? mechanism.AttendByFormula(q, k, v, inputs) : mechanism.Attend(q, k, v, inputs);
        List<T> outputs = [output.MergeHeads(options.HeadCount)];
        if (options.WithWeights)
        {
            outputs.Add(mechanism.AttentionWeights(q, k, inputs));
        }

        return outputs;
    }
}
