namespace AttentionML.Serving.Tensors;

/// <summary>
/// A tensor of a request or response, row-major and little-endian as on the wire: BOOL takes a byte, BYTES elements are a length (uint32) and
/// that many bytes each. Owns its buffer.
/// </summary>
internal sealed class InferenceTensor(string name, TensorType type, long[] shape, TensorBuffer buffer) : IDisposable
{
    public string Name => name;

    public TensorType Type => type;

    public long[] Shape => shape;

    public TensorBuffer Buffer => buffer;

    /// <summary>How many elements the shape has.</summary>
    public long Elements => shape.Aggregate(1L, (product, size) => product * size);

    public void Dispose() => buffer.Dispose();
}
