using AttentionML.Data;
using AttentionML.Mechanisms;
using AttentionML.Onnx;
using AttentionML.Tensors;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>Attention as ONNX files: written, verified and read back.</summary>
public static class AttentionOnnx
{
    /// <summary>Writes one attention, from the same formula that torch computes, as an ONNX file.</summary>
    /// <param name="mechanism">The mechanism.</param>
    /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
    /// <param name="options">What the file is built for.</param>
    /// <remarks>
    /// Inputs, single precision: <c>queries</c> [batch, length, H·d], <c>keys</c> [batch, key_length, H·d] and <c>values</c> [batch,
    /// key_length, H·m], or for self-attention <c>features</c> [batch, length, H·d]; with a mask, <c>mask</c> [batch, key_length], 1
    /// where a key may be seen and 0 where it is padding. Causal and self-attention have one length. Output: <c>attention</c> [batch,
    /// length, H·m]. ai.onnx operator set 17, format version 8.
    /// <para>
    /// The file appears only after its bytes have run in ONNX Runtime, at several batches and lengths, and given what torch gives.
    /// </para>
    /// </remarks>
    /// <returns>What was compared, and how far apart the two were.</returns>
    /// <exception cref="ArgumentException">The options do not fit together.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that the options ask for.</exception>
    /// <exception cref="OnnxParityException">The graph gives other numbers than torch; no file was written.</exception>
    public static OnnxParity ExportOnnx(this AttentionMechanism mechanism, string path, AttentionOnnxOptions options)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();

        var model = Build(mechanism, options);
        var parity = AttentionParity.Check(mechanism, options, model);
        WholeFile.Write(path, model);
        return parity;
    }

    /// <summary>Reads what a file that <see cref="ExportOnnx"/> wrote says of itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="own">Mechanisms of your own, one of which the file may name.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no ONNX model, is a part of one, was not written by <see cref="ExportOnnx"/>, or names a mechanism that is neither
    /// built in nor one of <paramref name="own"/>. The message says which.
    /// </exception>
    public static AttentionOnnxInfo ReadInfo(string path, params ReadOnlySpan<AttentionMechanism> own)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return AttentionMetadata.Read(path, own);
    }

    internal static byte[] Build(AttentionMechanism mechanism, AttentionOnnxOptions options)
    {
        var graph = new OnnxGraph();
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
        graph.Output(
            "attention", "One output per query, head beside head.", Attend(mechanism, options, queries, keys, values, mask).Value);
        return OnnxModel.From(
            graph,
            "attention",
            $"Attention '{mechanism}': {mechanism.Paper}",
            AttentionMetadata.Write(mechanism, options)).ToByteArray();

        OnnxTensor Input(string name, string description, string length, int width) =>
            new(graph.Input(name, description, "batch", length, width));
    }

    /// <summary>Attention between packed heads, [N, L, H·d] → [N, L, H·m]: what is exported, and what it is compared with.</summary>
    internal static T Attend<T>(AttentionMechanism mechanism, AttentionOnnxOptions options, T queries, T keys, T values, T? mask)
        where T : struct, ITensorValue<T>
    {
        var heads = options.HeadCount;
        return mechanism.Attend(
            queries.SplitHeads(heads),                                         // [N, H, L, d]
            keys.SplitHeads(heads),                                            // [N, H, S, d]
            values.SplitHeads(heads),                                          // [N, H, S, m]
            new AttentionInputs<T>(mask, options.Causal)).MergeHeads(heads);   // [N, L, H·m]
    }
}
