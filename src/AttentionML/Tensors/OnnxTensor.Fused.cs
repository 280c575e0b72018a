using AttentionML.Onnx;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tensors;

/// <summary>The com.microsoft operators that attention has in ONNX Runtime.</summary>
public readonly partial struct OnnxTensor
{
    // GroupQueryAttention takes heads of multiples of 8 features alone.
    private const int GroupQueryStep = 8;

    /// <inheritdoc/>
    public static OnnxTensor? Fuse(
        IFusedAttention forms, OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(forms);
        return queries.Graph.TakesContributed ? forms.AttendFused(queries, keys, values, inputs) : null;
    }

    /// <summary>
    /// Softmax attention that never holds all scores: MultiHeadAttention (ONNX Runtime 1.20 and newer), or where it is causal
    /// GroupQueryAttention.
    /// </summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="values">Values, [N, H, S, m].</param>
    /// <param name="inputs">The key mask and whether to look back only.</param>
    /// <param name="hiddenScore">The score of a hidden key.</param>
    internal static OnnxTensor ScaledDotProductAttention(
        OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs, double hiddenScore)
    {
        var scale = new OnnxAttribute("scale", (float)(1 / Math.Sqrt(queries.Width)));
        if (inputs.Visible is not null)
        {
            // Either operator takes a mask only at the price of all scores in memory. So it comes as one more feature: 1 for each query,
            // and for each key its score.
            queries = queries.Concat(queries.Sum(-1) * 0 + 1, -1);                       // [N, H, L, d + 1]
            var scores = (keys.Sum(-1) * 0).Transpose();                                 // [N, H, 1, S]
            keys = keys.Concat(inputs.HideScores(scores, hiddenScore).Transpose(), -1);  // [N, H, S, d + 1]
        }

        return inputs.Causal ? GroupQueryAttention(queries, keys, values, scale) : MultiHeadAttention(queries, keys, values, scale);
    }

    /// <summary>For each query Σ (q·k) v over its own and earlier steps: LinearAttention (ONNX Runtime 1.25 and newer).</summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, L, d].</param>
    /// <param name="values">Values, [N, H, L, m].</param>
    internal static OnnxTensor LinearAttention(OnnxTensor queries, OnnxTensor keys, OnnxTensor values) => Attention(
        "LinearAttention", queries, [queries.Packed, keys.Packed, values.Packed], values.Width, 1,
        new("update_rule", "linear"), new("scale", 1f), new("q_num_heads", queries.HeadCount), new("kv_num_heads", queries.HeadCount));

    private int HeadCount => (int)Shape[1].Factor;

    // [N, L, H·d], as the operators take it
    private OnnxValue Packed => this.MergeHeads(HeadCount).Value;

    private static OnnxTensor MultiHeadAttention(OnnxTensor queries, OnnxTensor keys, OnnxTensor values, OnnxAttribute scale) => Attention(
        "MultiHeadAttention", queries, [queries.Packed, keys.Packed, values.Packed], values.Width, 0, scale, new("num_heads", queries.HeadCount));

    private static OnnxTensor GroupQueryAttention(OnnxTensor queries, OnnxTensor keys, OnnxTensor values, OnnxAttribute scale)
    {
        var graph = queries.Graph;
        var width = (Math.Max(keys.Width, values.Width) + GroupQueryStep - 1) / GroupQueryStep * GroupQueryStep;
        var length = graph.Size(queries.Value, 2);
        var last = graph.Append("Cast", ElementType.Int32, [1],
            [graph.Append("Add", ElementType.Int64, [1], [length, graph.Indices(-1)])], new OnnxAttribute("to", (long)ElementType.Int32));
        var lasts = graph.Append("Expand", ElementType.Int32, [queries.Shape[0]], [last, graph.Size(queries.Value, 0)]);
        var total = graph.Append("Cast", ElementType.Int32, [],
            [graph.Append("Squeeze", ElementType.Int64, [], [length])], new OnnxAttribute("to", (long)ElementType.Int32));

        // Weights of 0 do not keep a NaN of the future out.
        var padded = Attention(
            "GroupQueryAttention", queries,
            [Wide(queries), Wide(keys), Wide(values.WithoutNaN()), graph.Absent, graph.Absent, lasts, total], width, 2,
            scale, new("num_heads", queries.HeadCount), new("kv_num_heads", queries.HeadCount));
        return padded.TakeLike(values, -1) + values.NaNSoFar();

        OnnxValue Wide(OnnxTensor heads) => heads.PadToMultiple(-1, width).Packed;
    }

    // [N, H, L, width]
    private static OnnxTensor Attention(
        string name, OnnxTensor queries, OnnxValue[] inputs, int width, int unusedResults, params OnnxAttribute[] attributes)
    {
        var packed = queries.Graph.AppendContributed(
            name, [queries.Shape[0], queries.Shape[2], queries.HeadCount * width], inputs, unusedResults, attributes);
        return new OnnxTensor(packed).SplitHeads(queries.HeadCount);
    }
}
