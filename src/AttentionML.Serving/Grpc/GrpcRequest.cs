using System.Buffers.Binary;
using System.Collections;
using System.Runtime.InteropServices;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Http;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Grpc;

/// <summary>Reads an inference request from its message: raw contents for all inputs, or typed contents for each.</summary>
internal static class GrpcRequest
{
    /// <exception cref="InferenceException">The message is no request.</exception>
    public static InferenceRequest Read(ModelInferRequest message, ServingOptions options)
    {
        CheckCounts(message, options);
        var request = new InferenceRequest
        {
            Id = message.Id,
            BinaryOutputs = true,
            Outputs = message.Outputs.Count == 0 ? null : [.. message.Outputs.Select(Output)],
            Timeout = Timeout(message),
        };
        try
        {
            for (var i = 0; i < message.Inputs.Count; i++)
            {
                var raw = message.RawInputContents.Count > 0 ? message.RawInputContents[i].Memory : (ReadOnlyMemory<byte>?)null;
                request.Inputs.Add(Input(message.Inputs[i], raw, options));
            }

            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private static void CheckCounts(ModelInferRequest message, ServingOptions options)
    {
        if (message.Inputs.Count == 0)
        {
            throw InferenceException.Invalid("The request has no inputs.");
        }

        if (Math.Max(message.Inputs.Count, message.Outputs.Count) > options.MaxTensors)
        {
            throw new InferenceException(InferenceFault.TooLarge, $"The request has more than {options.MaxTensors} inputs or outputs.");
        }

        if (message.RawInputContents.Count > 0 && message.RawInputContents.Count != message.Inputs.Count)
        {
            throw InferenceException.Invalid(
                $"The request has {message.Inputs.Count} inputs, but {message.RawInputContents.Count} raw_input_contents; they are for all inputs or for none.");
        }
    }

    private static TimeSpan? Timeout(ModelInferRequest message) =>
        !message.Parameters.TryGetValue("timeout", out var timeout) ? null : timeout.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param => JsonRequest.Timeout(timeout.Int64Param),
            InferParameter.ParameterChoiceOneofCase.Uint64Param => JsonRequest.Timeout((long)Math.Min(timeout.Uint64Param, long.MaxValue)),
            _ => throw InferenceException.Invalid("The parameter 'timeout' is no int64_param; expected microseconds."),
        };

    private static RequestedOutput Output(ModelInferRequest.Types.InferRequestedOutputTensor output) => output.Parameters.ContainsKey("classification")
        ? throw InferenceException.Invalid("This server does not have the classification extension.")
        : new(output.Name, null);

    private static InferenceTensor Input(ModelInferRequest.Types.InferInputTensor input, ReadOnlyMemory<byte>? raw, ServingOptions options)
    {
        var name = JsonText.Short(input.Name);
        var type = TensorTypes.Parse(input.Datatype)
            ?? throw InferenceException.Invalid($"Input '{name}' has datatype '{JsonText.Short(input.Datatype)}'; the protocol has {TensorTypes.All}.");
        if (input.Parameters.Keys.Any(key => key.StartsWith("shared_memory", StringComparison.Ordinal)))
        {
            throw InferenceException.Invalid("This server does not have the shared memory extension.");
        }

        long[] shape = [.. input.Shape];
        var count = JsonInput.Count(name, shape, options);
        if (raw is { } bytes && Filled(input.Contents).Length > 0)
        {
            throw InferenceException.Invalid($"Input '{name}' has contents beside raw_input_contents; send one of them.");
        }

        var buffer = raw is { } given ? Raw(name, type, count, given.Span) : Typed(name, type, count, input.Contents);
        var tensor = new InferenceTensor(input.Name, type, shape, buffer);
        try
        {
            BodyReader.CheckBools(tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static TensorBuffer Raw(string name, TensorType type, long count, ReadOnlySpan<byte> bytes)
    {
        var fits = type == TensorType.Bytes ? BytesElements.LengthOf(bytes, count) == bytes.Length : bytes.Length == count * type.Size;
        if (!fits)
        {
            throw InferenceException.Invalid($"Input '{name}' has {bytes.Length} raw bytes, which are not the {count} elements of {type.Name} of its shape.");
        }

        var buffer = TensorBuffer.Rent(bytes.Length);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    private static TensorBuffer Typed(string name, TensorType type, long count, InferTensorContents? contents)
    {
        var (field, elements) = Field(name, type, contents ?? new());
        if (Filled(contents) is var filled && (filled.Length > 1 || (filled.Length == 1 && filled[0] != field)))
        {
            throw InferenceException.Invalid($"Input '{name}' is {type.Name}, whose contents are {field}; it has {string.Join(", ", filled)}.");
        }

        if (elements.Count != count)
        {
            throw InferenceException.Invalid($"Input '{name}' has {elements.Count} elements in {field}; its shape has {count}.");
        }

        return Write(name, type, contents ?? new());
    }

    private static (string Name, ICollection Elements) Field(string name, TensorType type, InferTensorContents contents) => type switch
    {
        TensorType.Bool => ("bool_contents", contents.BoolContents),
        TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => ("int_contents", contents.IntContents),
        TensorType.Int64 => ("int64_contents", contents.Int64Contents),
        TensorType.Uint8 or TensorType.Uint16 or TensorType.Uint32 => ("uint_contents", contents.UintContents),
        TensorType.Uint64 => ("uint64_contents", contents.Uint64Contents),
        TensorType.Fp32 => ("fp32_contents", contents.Fp32Contents),
        TensorType.Fp64 => ("fp64_contents", contents.Fp64Contents),
        TensorType.Bytes => ("bytes_contents", contents.BytesContents),
        _ => throw InferenceException.Invalid($"Input '{name}' is {type.Name}, which has no typed contents: send it in raw_input_contents."),
    };

    private static string[] Filled(InferTensorContents? contents) => contents is null ? [] : [.. new (string Name, ICollection Elements)[]
    {
        ("bool_contents", contents.BoolContents), ("int_contents", contents.IntContents), ("int64_contents", contents.Int64Contents),
        ("uint_contents", contents.UintContents), ("uint64_contents", contents.Uint64Contents), ("fp32_contents", contents.Fp32Contents),
        ("fp64_contents", contents.Fp64Contents), ("bytes_contents", contents.BytesContents),
    }.Where(field => field.Elements.Count > 0).Select(field => field.Name)];

    private static TensorBuffer Write(string name, TensorType type, InferTensorContents contents) => type switch
    {
        TensorType.Bool => Convert(name, type, contents.BoolContents, value => (byte)(value ? 1 : 0)),
        TensorType.Int8 => Convert(name, type, contents.IntContents, value => checked((sbyte)value)),
        TensorType.Int16 => Convert(name, type, contents.IntContents, value => checked((short)value)),
        TensorType.Int32 => Convert(name, type, contents.IntContents, value => value),
        TensorType.Int64 => Convert(name, type, contents.Int64Contents, value => value),
        TensorType.Uint8 => Convert(name, type, contents.UintContents, value => checked((byte)value)),
        TensorType.Uint16 => Convert(name, type, contents.UintContents, value => checked((ushort)value)),
        TensorType.Uint32 => Convert(name, type, contents.UintContents, value => value),
        TensorType.Uint64 => Convert(name, type, contents.Uint64Contents, value => value),
        TensorType.Fp32 => Convert(name, type, contents.Fp32Contents, value => value),
        TensorType.Fp64 => Convert(name, type, contents.Fp64Contents, value => value),
        _ => Strings(contents.BytesContents),
    };

    private static TensorBuffer Convert<TFrom, TTo>(string name, TensorType type, ICollection<TFrom> values, Func<TFrom, TTo> convert)
        where TTo : struct
    {
        var buffer = TensorBuffer.Rent(values.Count * type.Size);
        var target = MemoryMarshal.Cast<byte, TTo>(buffer.Span);
        var i = 0;
        try
        {
            foreach (var value in values)
            {
                target[i++] = convert(value);
            }

            return buffer;
        }
        catch (OverflowException)
        {
            buffer.Dispose();
            throw InferenceException.Invalid($"Element {i - 1} of input '{name}' is a number that {type.Name} does not hold.");
        }
    }

    private static TensorBuffer Strings(ICollection<Google.Protobuf.ByteString> values)
    {
        var buffer = TensorBuffer.Rent(values.Sum(value => sizeof(uint) + value.Length));
        var rest = buffer.Span;
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)value.Length);
            value.Span.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + value.Length)..];
        }

        return buffer;
    }
}
