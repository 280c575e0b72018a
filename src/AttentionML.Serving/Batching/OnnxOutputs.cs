using System.Buffers.Binary;
using AttentionML.Serving.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Serving.Batching;

/// <summary>What a run gave, in ONNX Runtime's own memory until disposed.</summary>
internal sealed class OnnxOutputs(IDisposableReadOnlyCollection<OrtValue> values) : IDisposable
{
    public long[] Shape(int place) => values[place].GetTensorTypeAndShape().Shape;

    /// <summary>Bytes of elements as the protocol sends them.</summary>
    public long Bytes(int place, TensorSpec spec, long firstElement, long elements)
    {
        if (spec.Type != TensorType.Bytes)
        {
            return elements * spec.Type.Size;
        }

        var bytes = 0L;
        for (var i = (int)firstElement; i < (int)(firstElement + elements); i++)
        {
            bytes += sizeof(uint) + values[place].GetStringElementAsSpan(i).Length;
        }

        return bytes;
    }

    /// <summary>Copies elements out.</summary>
    public InferenceTensor Copy(int place, TensorSpec spec, long[] shape, long firstElement, long elements)
    {
        if (spec.Type == TensorType.Bytes)
        {
            return CopyBytes(values[place], spec, shape, (int)firstElement, (int)elements);
        }

        var size = spec.Type.Size;
        var length = checked((int)(elements * size));
        var buffer = TensorBuffer.Rent(length);
        if (length > 0)
        {
            values[place].GetTensorMutableRawData().Slice(checked((int)(firstElement * size)), length).CopyTo(buffer.Span);
        }

        return new(spec.Name, spec.Type, shape, buffer);
    }

    public void Dispose() => values.Dispose();

    private static InferenceTensor CopyBytes(OrtValue value, TensorSpec spec, long[] shape, int first, int count)
    {
        byte[][] elements = [.. Enumerable.Range(first, count).Select(i => value.GetStringElementAsSpan(i).ToArray())];
        var buffer = TensorBuffer.Rent(elements.Sum(element => sizeof(uint) + element.Length));
        var rest = buffer.Span;
        foreach (var element in elements)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)element.Length);
            element.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + element.Length)..];
        }

        return new(spec.Name, spec.Type, shape, buffer);
    }
}
