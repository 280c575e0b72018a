using System.Text.Json;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>Reads one input of an inference request.</summary>
internal static class JsonInput
{
    private const int HighestRank = 32;

    public static InferenceTensor Read(ref Utf8JsonReader reader, JsonLimits limits)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartObject, "An input", "an object");
        var (name, type, shape, size, seen) = ((string?)null, (TensorType?)null, (long[]?)null, (long?)null, new HashSet<string>());
        TensorBuffer? read = null;
        Utf8JsonReader later = default; // Where the data stand, if datatype and shape come after them.
        try
        {
            while (JsonText.NextMember(ref reader, seen, "an input") is { } member)
            {
                switch (member)
                {
                    case "name":
                        name = JsonText.String(ref reader, member);
                        break;
                    case "datatype":
                        var text = JsonText.String(ref reader, member);
                        type = TensorTypes.Parse(text)
                            ?? throw InferenceException.Invalid($"'{JsonText.Short(text)}' is no datatype; the protocol has {TensorTypes.All}.");
                        break;
                    case "shape":
                        shape = Shape(ref reader);
                        break;
                    case "parameters":
                        size = BinarySize(ref reader);
                        break;
                    case "data" when type is { } known && shape is not null:
                        read = JsonElements.Read(ref reader, name ?? "?", known, shape, limits);
                        break;
                    case "data":
                        later = reader;
                        reader.Skip();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            Require(name, type, shape);
            if (size is not null && seen.Contains("data"))
            {
                throw InferenceException.Invalid($"Input '{name}' has both 'data' and 'binary_data_size'; send one of them.");
            }

            if (size is { } bytes)
            {
                var binary = new InferenceTensor(name!, type!.Value, shape!, Reserve(name!, type.Value, shape!, bytes, limits)); // Required above.
                limits.BinaryInputs.Add(binary);
                return binary;
            }

            if (!seen.Contains("data"))
            {
                throw InferenceException.Invalid($"Input '{name}' has no 'data' and no parameter 'binary_data_size'.");
            }

            read ??= JsonElements.Read(ref later, name!, type!.Value, shape!, limits); // Required above.
            return new(name!, type!.Value, shape!, read);
        }
        catch
        {
            read?.Dispose();
            throw;
        }
    }

    /// <summary>How many elements a shape has.</summary>
    /// <exception cref="InferenceException">A size is negative, or there are more than the server takes.</exception>
    public static long Count(string name, ReadOnlySpan<long> shape, ServingOptions options)
    {
        if (shape.Length > HighestRank)
        {
            throw InferenceException.Invalid($"The shape of input '{JsonText.Short(name)}' has {shape.Length} axes; at most {HighestRank} are allowed.");
        }

        var (count, empty) = (1L, false);
        foreach (var size in shape)
        {
            if (size < 0)
            {
                throw InferenceException.Invalid($"The shape of input '{JsonText.Short(name)}' holds {size}; sizes are not negative.");
            }

            empty |= size == 0;
            count = size == 0 ? count : (long)UInt128.Min((UInt128)(ulong)count * (ulong)size, long.MaxValue);
        }

        return empty ? 0
            : count <= options.MaxElements ? count
            : throw new InferenceException(
                InferenceFault.TooLarge, $"The shape of input '{JsonText.Short(name)}' has more than the {options.MaxElements} elements that are allowed.");
    }

    private static void Require(string? name, TensorType? type, long[]? shape)
    {
        if (name is null)
        {
            throw InferenceException.Invalid("An input has no 'name'.");
        }

        if (type is null || shape is null)
        {
            throw InferenceException.Invalid($"Input '{JsonText.Short(name)}' has no '{(type is null ? "datatype" : "shape")}'.");
        }
    }

    private static long[] Shape(ref Utf8JsonReader reader)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartArray, "'shape'", "a list of whole numbers");
        var shape = new List<long>();
        while (JsonText.NextElement(ref reader))
        {
            if (shape.Count > HighestRank)
            {
                throw InferenceException.Invalid($"A shape has more than {HighestRank} axes.");
            }

            shape.Add(JsonText.Integer(ref reader, "shape"));
        }

        return [.. shape];
    }

    private static long? BinarySize(ref Utf8JsonReader reader)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartObject, "'parameters'", "an object");
        long? size = null;
        var seen = new HashSet<string>();
        while (JsonText.NextMember(ref reader, seen, "'parameters'") is { } member)
        {
            if (member.StartsWith("shared_memory", StringComparison.Ordinal))
            {
                throw InferenceException.Invalid("This server does not have the shared memory extension.");
            }

            if (member == "binary_data_size")
            {
                size = JsonText.Integer(ref reader, member);
            }
            else
            {
                JsonText.SkipParameter(ref reader, member);
            }
        }

        return size;
    }

    private static TensorBuffer Reserve(string name, TensorType type, long[] shape, long bytes, JsonLimits limits)
    {
        var count = Count(name, shape, limits.Options);
        if (bytes < 0 || (type.Size > 0 && bytes != count * type.Size))
        {
            throw InferenceException.Invalid(
                $"Input '{JsonText.Short(name)}' has binary_data_size {bytes}; {count} elements of {type.Name} take {(type.Size > 0 ? count * type.Size : "at least 0")} bytes.");
        }

        limits.Claimed = bytes > limits.BinaryBytes ? long.MaxValue : limits.Claimed + bytes;
        return limits.Claimed <= limits.BinaryBytes
            ? TensorBuffer.Rent((int)bytes)
            : throw InferenceException.Invalid($"The inputs claim more bytes behind the JSON than the {limits.BinaryBytes} that were sent.");
    }
}
