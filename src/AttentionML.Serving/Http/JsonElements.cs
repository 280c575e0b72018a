using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>Reads the elements of an input, flat or nested as its shape is, into a buffer.</summary>
internal static class JsonElements
{
    /// <summary>Reads the elements.</summary>
    /// <param name="reader">Stands on the value of 'data'.</param>
    /// <param name="name">The input, for errors.</param>
    /// <param name="type">Its type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="limits">What bounds it.</param>
    public static TensorBuffer Read(ref Utf8JsonReader reader, string name, TensorType type, long[] shape, JsonLimits limits)
    {
        name = JsonText.Short(name);
        JsonText.Expect(ref reader, JsonTokenType.StartArray, $"'data' of input '{name}'", "a list");
        if (type is TensorType.Fp16 or TensorType.Bf16)
        {
            throw InferenceException.Invalid($"Input '{name}' is {type.Name}, which JSON has no form for: send it binary (binary_data_size).");
        }

        var count = JsonInput.Count(name, shape, limits.Options);
        if (count > limits.JsonBytes)
        {
            throw InferenceException.Invalid($"Input '{name}' has fewer elements than the {count} of its shape.");
        }

        var walk = new ElementWalk(name, shape, count);
        if (type == TensorType.Bytes)
        {
            return Strings(ref reader, walk);
        }

        var buffer = TensorBuffer.Rent((int)count * type.Size);
        try
        {
            Numbers(ref reader, walk, type, buffer.Span);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private delegate bool TryGet<T>(ref Utf8JsonReader reader, out T value);

    private static void Numbers(ref Utf8JsonReader reader, ElementWalk walk, TensorType type, Span<byte> bytes)
    {
        switch (type)
        {
            case TensorType.Bool:
                Fill<bool>(ref reader, walk, type, bytes, static (ref json, out value) =>
                {
                    value = json.GetBoolean();
                    return true;
                });
                break;
            case TensorType.Uint8:
                Fill<byte>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetByte(out value));
                break;
            case TensorType.Int8:
                Fill<sbyte>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetSByte(out value));
                break;
            case TensorType.Uint16:
                Fill<ushort>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetUInt16(out value));
                break;
            case TensorType.Int16:
                Fill<short>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetInt16(out value));
                break;
            case TensorType.Uint32:
                Fill<uint>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetUInt32(out value));
                break;
            case TensorType.Int32:
                Fill<int>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetInt32(out value));
                break;
            case TensorType.Uint64:
                Fill<ulong>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetUInt64(out value));
                break;
            case TensorType.Int64:
                Fill<long>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetInt64(out value));
                break;
            case TensorType.Fp32:
                Fill<float>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetSingle(out value) && float.IsFinite(value));
                break;
            case TensorType.Fp64:
                Fill<double>(ref reader, walk, type, bytes, static (ref json, out value) => json.TryGetDouble(out value) && double.IsFinite(value));
                break;
            default:
                throw new NotSupportedException($"{type} has no JSON form.");
        }
    }

    private static void Fill<T>(ref Utf8JsonReader reader, ElementWalk walk, TensorType type, Span<byte> bytes, TryGet<T> tryGet)
        where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        while (walk.Next(ref reader, out var i))
        {
            var fits = typeof(T) == typeof(bool)
                ? reader.TokenType is JsonTokenType.True or JsonTokenType.False
                : reader.TokenType == JsonTokenType.Number;
            elements[i] = fits && tryGet(ref reader, out var value) ? value : throw walk.Wrong(ref reader, type);
        }
    }

    private static TensorBuffer Strings(ref Utf8JsonReader reader, ElementWalk walk)
    {
        var written = new ArrayBufferWriter<byte>();
        while (walk.Next(ref reader, out _))
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw walk.Wrong(ref reader, TensorType.Bytes);
            }

            // Unescaped text is never longer than escaped.
            var longest = reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length;
            var target = written.GetSpan(sizeof(uint) + longest);
            var length = longest == 0 ? 0 : reader.CopyString(target[sizeof(uint)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)length);
            written.Advance(sizeof(uint) + length);
        }

        var buffer = TensorBuffer.Rent(written.WrittenCount);
        written.WrittenSpan.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Walks over elements in a list, or in lists as deep and as long as the shape says.</summary>
    private struct ElementWalk(string name, long[] shape, long count)
    {
        private readonly long[] _at = new long[Math.Max(shape.Length, 1)];
        private int _depth = 1;
        private long _next;
        private bool? _nested;

        /// <summary>Moves to the next element; false when the list has ended, with all of them read.</summary>
        public bool Next(ref Utf8JsonReader reader, out int index)
        {
            index = (int)_next;
            while (true)
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray)
                {
                    Open();
                }
                else if (reader.TokenType == JsonTokenType.EndArray)
                {
                    if (Close())
                    {
                        return false;
                    }
                }
                else
                {
                    return Take();
                }
            }
        }

        public readonly InferenceException Wrong(ref Utf8JsonReader reader, TensorType type) => InferenceException.Invalid(
            $"Element {_next - 1} of input '{name}' is {JsonText.Kind(reader.TokenType)}{(reader.TokenType == JsonTokenType.Number ? $" that {type.Name} does not hold" : $"; expected {type.Name}")}.");

        private bool Take()
        {
            _nested ??= _depth > 1;
            if (_nested.Value && _depth != shape.Length)
            {
                throw Uneven();
            }

            if (_next == count)
            {
                throw InferenceException.Invalid($"Input '{name}' has more elements than the {count} of its shape.");
            }

            _at[_depth - 1]++;
            _next++;
            return true;
        }

        private void Open()
        {
            if (_nested == false || _depth >= shape.Length)
            {
                throw Uneven();
            }

            _at[_depth - 1]++;
            _at[_depth++] = 0;
        }

        // True at the end of the outermost list.
        private bool Close()
        {
            if ((_nested == true || _depth > 1) && _at[_depth - 1] != shape[_depth - 1])
            {
                throw Uneven();
            }

            if (--_depth > 0)
            {
                return false;
            }

            return _next == count
                ? true
                : throw InferenceException.Invalid($"Input '{name}' has {_next} elements; its shape has {count}.");
        }

        private readonly InferenceException Uneven() =>
            InferenceException.Invalid($"The lists of input '{name}' are neither flat nor nested as its shape [{string.Join(", ", shape)}] is.");
    }
}
