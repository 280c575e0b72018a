using System.Text.Json;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>Reads one input of an inference request.</summary>
internal static class JsonInput
{
    private const int HighestRank = 32;

    public static async ValueTask<InferenceTensor> ReadAsync(JsonTokens json, JsonLimits limits)
    {
        JsonText.Expect(json, JsonTokenType.StartObject, "An input", "an object");
        var (name, type, shape, size, seen) = ((string?)null, (TensorType?)null, (long[]?)null, (long?)null, new HashSet<string>());
        JsonElements? elements = null;

        // Of data that come before their datatype and shape, the text: an object has no order. Clients write data last, so it is the exception, and
        // held (pooled, within MaxRequestBytes) it needs no second way to read elements.
        TensorBuffer? early = null;
        try
        {
            while (await JsonText.NextMemberAsync(json, seen, "an input") is { } member)
            {
                switch (member)
                {
                    case "name":
                        name = JsonText.String(json, member);
                        break;
                    case "datatype":
                        var text = JsonText.String(json, member);
                        type = TensorTypes.Parse(text)
                            ?? throw InferenceException.Invalid($"'{JsonText.Short(text)}' is no datatype; the protocol has {TensorTypes.All}.");
                        break;
                    case "shape":
                        shape = await ShapeAsync(json);
                        break;
                    case "parameters":
                        size = await BinarySizeAsync(json);
                        break;
                    case "data":
                        JsonText.Expect(json, JsonTokenType.StartArray, $"'data' of input '{JsonText.Short(name ?? "?")}'", "a list");
                        if (type is { } known && shape is not null)
                        {
                            elements = new(name ?? "?", known, shape, limits.Options);
                            await json.StepAsync(elements.Read);
                        }
                        else
                        {
                            early = await json.KeepAsync();
                        }

                        break;
                    default:
                        await json.SkipAsync();
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
                Claim(name!, type!.Value, shape!, bytes, limits); // Required above.
                var binary = new InferenceTensor(name!, type.Value, shape!, TensorBuffer.Rent(0)); // Its bytes are rented as they come.
                limits.BinaryInputs.Add((binary, (int)bytes));
                return binary;
            }

            if (early is not null)
            {
                elements = new(name!, type!.Value, shape!, limits.Options); // Required above.
                JsonTokens.Step(early, elements.Read);
            }

            return elements is null
                ? throw InferenceException.Invalid($"Input '{name}' has no 'data' and no parameter 'binary_data_size'.")
                : new(name!, type!.Value, shape!, elements.Buffer); // Required above.
        }
        catch
        {
            elements?.Buffer.Dispose();
            throw;
        }
        finally
        {
            early?.Dispose();
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

    private static async ValueTask<long[]> ShapeAsync(JsonTokens json)
    {
        JsonText.Expect(json, JsonTokenType.StartArray, "'shape'", "a list of whole numbers");
        var shape = new List<long>();
        while (await JsonText.NextElementAsync(json))
        {
            if (shape.Count > HighestRank)
            {
                throw InferenceException.Invalid($"A shape has more than {HighestRank} axes.");
            }

            shape.Add(JsonText.Integer(json, "shape"));
        }

        return [.. shape];
    }

    private static async ValueTask<long?> BinarySizeAsync(JsonTokens json)
    {
        JsonText.Expect(json, JsonTokenType.StartObject, "'parameters'", "an object");
        long? size = null;
        var seen = new HashSet<string>();
        while (await JsonText.NextMemberAsync(json, seen, "'parameters'") is { } member)
        {
            if (member.StartsWith("shared_memory", StringComparison.Ordinal))
            {
                throw InferenceException.Invalid("This server does not have the shared memory extension.");
            }

            if (member == "binary_data_size")
            {
                size = JsonText.Integer(json, member);
            }
            else
            {
                JsonText.SkipParameter(json, member);
            }
        }

        return size;
    }

    private static void Claim(string name, TensorType type, long[] shape, long bytes, JsonLimits limits)
    {
        var count = Count(name, shape, limits.Options);
        if (bytes < 0 || (type.Size > 0 && bytes != count * type.Size))
        {
            throw InferenceException.Invalid(
                $"Input '{JsonText.Short(name)}' has binary_data_size {bytes}; {count} elements of {type.Name} take {(type.Size > 0 ? count * type.Size : "at least 0")} bytes.");
        }

        limits.Claimed = bytes > limits.BinaryBytes ? long.MaxValue : limits.Claimed + bytes;
        if (limits.Claimed > limits.BinaryBytes)
        {
            throw InferenceException.Invalid($"The inputs claim more bytes behind the JSON than the {limits.BinaryBytes} that were sent.");
        }
    }
}
