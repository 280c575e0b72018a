using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>Reads the elements of an input, flat or nested as its shape is, into a buffer, which is the caller's.</summary>
internal sealed class JsonElements
{
    // A shape is soon said: what it claims beyond this is rented as the elements come.
    private const int FirstBytes = 64 << 10;

    private readonly string _name;
    private readonly TensorType _type;
    private readonly long _bytes;
    private ElementWalk _walk; // Not read-only: it moves.
    private bool _ended;

    /// <param name="name">The input, for errors.</param>
    /// <param name="type">Its type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="InferenceException">JSON has no form for the type, or the shape is none.</exception>
    public JsonElements(string name, TensorType type, long[] shape, ServingOptions options)
    {
        (_name, _type) = (JsonText.Short(name), type);
        if (type is TensorType.Fp16 or TensorType.Bf16)
        {
            throw InferenceException.Invalid($"Input '{_name}' is {type.Name}, which JSON has no form for: send it binary (binary_data_size).");
        }

        var count = JsonInput.Count(name, shape, options);
        _walk = new(_name, shape, count);
        _bytes = count * type.Size;
        Buffer = TensorBuffer.Rent((int)Math.Min(_bytes, FirstBytes));
    }

    private delegate bool TryGet<T>(ref Utf8JsonReader reader, out T value);

    /// <summary>The elements.</summary>
    public TensorBuffer Buffer { get; }

    /// <summary>Reads on behind the start of the list: true at its end, with all elements read; false where the text ends before.</summary>
    /// <exception cref="InferenceException">The elements are not those of the type and shape.</exception>
    public bool Read(ref Utf8JsonReader reader) => _type switch
    {
        TensorType.Bool => Values<bool>(ref reader, static (ref json, out value) =>
            (value = json.TokenType == JsonTokenType.True) || json.TokenType == JsonTokenType.False),
        TensorType.Uint8 => Values<byte>(ref reader, static (ref json, out value) => json.TryGetByte(out value)),
        TensorType.Int8 => Values<sbyte>(ref reader, static (ref json, out value) => json.TryGetSByte(out value)),
        TensorType.Uint16 => Values<ushort>(ref reader, static (ref json, out value) => json.TryGetUInt16(out value)),
        TensorType.Int16 => Values<short>(ref reader, static (ref json, out value) => json.TryGetInt16(out value)),
        TensorType.Uint32 => Values<uint>(ref reader, static (ref json, out value) => json.TryGetUInt32(out value)),
        TensorType.Int32 => Values<int>(ref reader, static (ref json, out value) => json.TryGetInt32(out value)),
        TensorType.Uint64 => Values<ulong>(ref reader, static (ref json, out value) => json.TryGetUInt64(out value)),
        TensorType.Int64 => Values<long>(ref reader, static (ref json, out value) => json.TryGetInt64(out value)),
        TensorType.Fp32 => Values<float>(ref reader, static (ref json, out value) => json.TryGetSingle(out value) && float.IsFinite(value)),
        TensorType.Fp64 => Values<double>(ref reader, static (ref json, out value) => json.TryGetDouble(out value) && double.IsFinite(value)),
        TensorType.Bytes => Strings(ref reader),
        _ => throw new NotSupportedException($"{_type} has no JSON form."),
    };

    private bool Values<T>(ref Utf8JsonReader reader, TryGet<T> tryGet)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(Buffer.Span);
        while (Next(ref reader, out var index))
        {
            if (index == values.Length)
            {
                Buffer.Resize((int)Math.Min(_bytes, 2L * Buffer.Length));
                values = MemoryMarshal.Cast<byte, T>(Buffer.Span);
            }

            if ((typeof(T) != typeof(bool) && reader.TokenType != JsonTokenType.Number) || !tryGet(ref reader, out values[index]))
            {
                throw Wrong(ref reader, index);
            }
        }

        return _ended;
    }

    private bool Strings(ref Utf8JsonReader reader)
    {
        while (Next(ref reader, out var index))
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Wrong(ref reader, index);
            }

            var (start, longest) = (Buffer.Length, reader.ValueSpan.Length); // Unescaped text is never longer than escaped.
            Buffer.Resize(start + sizeof(uint) + longest);
            var element = Buffer.Span[start..];
            var length = longest == 0 ? 0 : reader.CopyString(element[sizeof(uint)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)length);
            Buffer.Resize(start + sizeof(uint) + length);
        }

        return _ended;
    }

    // Moves to the next element; false at the end of the list, or of the text before it.
    private bool Next(ref Utf8JsonReader reader, out int index)
    {
        while (!_ended && reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.EndArray))
            {
                index = _walk.Take();
                return true;
            }

            _ended = _walk.Bracket(reader.TokenType);
        }

        index = -1;
        return false;
    }

    private InferenceException Wrong(ref Utf8JsonReader reader, int index) => InferenceException.Invalid(
        $"Element {index} of input '{_name}' is {JsonText.Kind(reader.TokenType)}{(reader.TokenType == JsonTokenType.Number ? $" that {_type.Name} does not hold" : $"; expected {_type.Name}")}.");
}
