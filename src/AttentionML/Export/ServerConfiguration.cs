using System.Globalization;
using System.Text;
using AttentionML.Onnx.Protobuf;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Export;

/// <summary>
/// The configuration that inference servers read: Triton's <c>config.pbtxt</c>, its ModelConfig message in the text format of protocol
/// buffers.
/// </summary>
internal static class ServerConfiguration
{
    /// <summary>What the file is called.</summary>
    public const string FileName = "config.pbtxt";

    /// <summary>What the file with the names of the classes is called.</summary>
    public const string LabelsFileName = "labels.txt";

    /// <summary>Writes it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="model">The model; the first axis of every input and output is the batch.</param>
    /// <param name="card">How it is served.</param>
    /// <param name="labelled">The output whose numbers belong to classes with names; null for none.</param>
    public static string Write(string name, ModelProto model, ModelCard card, string? labelled)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            name: {{Quoted(name)}}
            backend: "onnxruntime"
            max_batch_size: {{card.MaximumBatchSize}}
            version_policy { latest { num_versions: 1 } }

            """);
        foreach (var input in model.Graph.Input)
        {
            text.Append(CultureInfo.InvariantCulture, $"input {{ {Tensor(input)} }}\n");
        }

        foreach (var output in model.Graph.Output)
        {
            var label = output.Name == labelled ? $" label_filename: {Quoted(LabelsFileName)}" : "";
            text.Append(CultureInfo.InvariantCulture, $"output {{ {Tensor(output)}{label} }}\n");
        }

        // A batch holds sequences of one length alone: this server never pads.
        text.Append("""
            instance_group { count: 1 kind: KIND_CPU }
            dynamic_batching {
              default_queue_policy { timeout_action: REJECT allow_timeout_override: true max_queue_size: 64 }
            }
            parameters { key: "intra_op_thread_count" value { string_value: "1" } }

            """);
        foreach (var entry in model.MetadataProps.Where(entry => entry.Key is MetadataEntries.MechanismKey or MetadataEntries.CostExponent or MetadataEntries.Masked))
        {
            text.Append(CultureInfo.InvariantCulture, $"parameters {{ key: {Quoted(entry.Key)} value {{ string_value: {Quoted(entry.Value)} }} }}\n");
        }

        return text.ToString();
    }

    /// <summary>Name, type and dimensions behind the batch; −1 for an open one.</summary>
    public static string Tensor(ValueInfoProto value)
    {
        var tensor = value.Type.TensorType;
        var dims = tensor.Shape.Dim.Skip(1).Select(size => size.HasDimValue ? size.DimValue : -1);
        return $"name: {Quoted(value.Name)} data_type: {Type(value)} dims: [{string.Join(", ", dims)}]";
    }

    private static string Type(ValueInfoProto value) => (ElementType)value.Type.TensorType.ElemType switch
    {
        ElementType.Float => "TYPE_FP32",
        ElementType.Int64 => "TYPE_INT64",
        ElementType.Bool => "TYPE_BOOL",
        var other => throw new NotSupportedException($"A model repository takes no {other}, which '{value.Name}' is."),
    };

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\r' => "\\r", _ => c });
        }

        return quoted.Append('"').ToString();
    }
}
