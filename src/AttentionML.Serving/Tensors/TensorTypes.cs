using Microsoft.ML.OnnxRuntime.Tensors;

namespace AttentionML.Serving.Tensors;

/// <summary>What a data type is called where, and how many bytes an element takes.</summary>
internal static class TensorTypes
{
    private static readonly Row[] Rows =
    [
        new(TensorType.Bool, "BOOL", "TYPE_BOOL", TensorElementType.Bool, 1),
        new(TensorType.Uint8, "UINT8", "TYPE_UINT8", TensorElementType.UInt8, 1),
        new(TensorType.Uint16, "UINT16", "TYPE_UINT16", TensorElementType.UInt16, 2),
        new(TensorType.Uint32, "UINT32", "TYPE_UINT32", TensorElementType.UInt32, 4),
        new(TensorType.Uint64, "UINT64", "TYPE_UINT64", TensorElementType.UInt64, 8),
        new(TensorType.Int8, "INT8", "TYPE_INT8", TensorElementType.Int8, 1),
        new(TensorType.Int16, "INT16", "TYPE_INT16", TensorElementType.Int16, 2),
        new(TensorType.Int32, "INT32", "TYPE_INT32", TensorElementType.Int32, 4),
        new(TensorType.Int64, "INT64", "TYPE_INT64", TensorElementType.Int64, 8),
        new(TensorType.Fp16, "FP16", "TYPE_FP16", TensorElementType.Float16, 2),
        new(TensorType.Bf16, "BF16", "TYPE_BF16", TensorElementType.BFloat16, 2),
        new(TensorType.Fp32, "FP32", "TYPE_FP32", TensorElementType.Float, 4),
        new(TensorType.Fp64, "FP64", "TYPE_FP64", TensorElementType.Double, 8),
        new(TensorType.Bytes, "BYTES", "TYPE_STRING", TensorElementType.String, 0),
    ];

    /// <summary>The protocol's names, in a row for errors.</summary>
    public static string All { get; } = string.Join(", ", Rows.Select(row => row.Name));

    public static TensorType? Parse(string name) => Find(row => row.Name == name);

    public static TensorType? ParseConfig(string name) => Find(row => row.ConfigName == name);

    public static TensorType? FromOnnx(TensorElementType type) => Find(row => row.Onnx == type);

    private static TensorType? Find(Func<Row, bool> wanted) => Array.Find(Rows, row => wanted(row)) is { } row ? row.Type : null;

    private sealed record Row(TensorType Type, string Name, string ConfigName, TensorElementType Onnx, int Size);

    extension(TensorType type)
    {
        /// <summary>Bytes of an element; 0 for BYTES, whose elements have a size each.</summary>
        public int Size => Rows[(int)type].Size;

        /// <summary>The protocol's name.</summary>
        public string Name => Rows[(int)type].Name;

        /// <summary>The name in config.pbtxt.</summary>
        public string ConfigName => Rows[(int)type].ConfigName;

        public TensorElementType Onnx => Rows[(int)type].Onnx;
    }
}
