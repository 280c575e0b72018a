using System.Buffers;
using System.Text.Json;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>
/// Reads the JSON of an inference request in one pass: the elements of an input go from the text into its buffer. An input whose bytes follow
/// the JSON (the binary extension) gets a buffer of their size, to be filled.
/// </summary>
internal static class JsonRequest
{
    private const int DeepestNesting = 64;

    /// <summary>Reads the text.</summary>
    /// <param name="json">The whole text.</param>
    /// <param name="options">The limits.</param>
    /// <param name="binaryBytes">How many bytes follow the JSON at most.</param>
    /// <param name="binaryInputs">Gets the inputs to fill, in their order.</param>
    /// <exception cref="InferenceException">The text is no request.</exception>
    public static InferenceRequest Read(ReadOnlySequence<byte> json, ServingOptions options, long binaryBytes, List<InferenceTensor> binaryInputs)
    {
        var request = new InferenceRequest();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DeepestNesting });
            if (!reader.Read())
            {
                throw InferenceException.Invalid("The body is empty; expected a JSON object with the inputs.");
            }

            ReadRequest(ref reader, request, new(options, json.Length, binaryBytes, binaryInputs));
            if (reader.Read())
            {
                throw InferenceException.Invalid("Something follows the JSON object.");
            }

            return request;
        }
        catch (JsonException error)
        {
            request.Dispose();
            throw InferenceException.Invalid($"The body is no JSON: {JsonText.Message(error)}");
        }
        catch (InvalidOperationException)
        {
            request.Dispose();
            throw InferenceException.Invalid("A string of the body is not UTF-8 text.");
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private static void ReadRequest(ref Utf8JsonReader reader, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartObject, "The body", "an object");
        var seen = new HashSet<string>();
        while (JsonText.NextMember(ref reader, seen, "the request") is { } member)
        {
            switch (member)
            {
                case "id":
                    request.Id = JsonText.String(ref reader, "id");
                    break;
                case "parameters":
                    ReadParameters(ref reader, request);
                    break;
                case "inputs":
                    ReadInputs(ref reader, request, limits);
                    break;
                case "outputs":
                    ReadOutputs(ref reader, request, limits);
                    break;
                default:
                    reader.Skip(); // Clients may send more than the protocol has.
                    break;
            }
        }

        if (request.Inputs.Count == 0)
        {
            throw InferenceException.Invalid("The request has no 'inputs'.");
        }
    }

    private static void ReadParameters(ref Utf8JsonReader reader, InferenceRequest request)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartObject, "'parameters'", "an object");
        var seen = new HashSet<string>();
        while (JsonText.NextMember(ref reader, seen, "'parameters'") is { } member)
        {
            switch (member)
            {
                case "binary_data_output":
                    request.BinaryOutputs = JsonText.Flag(ref reader, member);
                    break;
                case "timeout":
                    request.Timeout = Timeout(JsonText.Integer(ref reader, member));
                    break;
                default:
                    JsonText.SkipParameter(ref reader, member);
                    break;
            }
        }
    }

    /// <summary>A client's timeout.</summary>
    /// <param name="microseconds">Microseconds; 0 sets none.</param>
    public static TimeSpan? Timeout(long microseconds) =>
        microseconds < 0 ? throw InferenceException.Invalid($"'timeout' is {microseconds}; expected microseconds, at least 0.")
        : microseconds == 0 ? null
        : TimeSpan.FromMicroseconds(Math.Min(microseconds, long.MaxValue / 100));

    private static void ReadInputs(ref Utf8JsonReader reader, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartArray, "'inputs'", "a list");
        while (JsonText.NextElement(ref reader))
        {
            if (request.Inputs.Count == limits.Options.MaxTensors)
            {
                throw new InferenceException(InferenceFault.TooLarge, $"The request has more than {limits.Options.MaxTensors} inputs.");
            }

            request.Inputs.Add(JsonInput.Read(ref reader, limits));
        }
    }

    private static void ReadOutputs(ref Utf8JsonReader reader, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartArray, "'outputs'", "a list");
        var outputs = new List<RequestedOutput>();
        while (JsonText.NextElement(ref reader))
        {
            if (outputs.Count == limits.Options.MaxTensors)
            {
                throw new InferenceException(InferenceFault.TooLarge, $"The request asks for more than {limits.Options.MaxTensors} outputs.");
            }

            outputs.Add(ReadOutput(ref reader));
        }

        request.Outputs = outputs.Count == 0 ? null : outputs;
    }

    private static RequestedOutput ReadOutput(ref Utf8JsonReader reader)
    {
        JsonText.Expect(ref reader, JsonTokenType.StartObject, "An output", "an object");
        var (name, binary, seen) = ((string?)null, (bool?)null, new HashSet<string>());
        while (JsonText.NextMember(ref reader, seen, "an output") is { } member)
        {
            if (member == "name")
            {
                name = JsonText.String(ref reader, "name");
            }
            else if (member == "parameters")
            {
                JsonText.Expect(ref reader, JsonTokenType.StartObject, "'parameters'", "an object");
                var parameters = new HashSet<string>();
                while (JsonText.NextMember(ref reader, parameters, "'parameters'") is { } parameter)
                {
                    if (parameter == "classification")
                    {
                        throw InferenceException.Invalid("This server does not have the classification extension.");
                    }

                    if (parameter == "binary_data")
                    {
                        binary = JsonText.Flag(ref reader, parameter);
                    }
                    else
                    {
                        JsonText.SkipParameter(ref reader, parameter);
                    }
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return new(name ?? throw InferenceException.Invalid("An output has no 'name'."), binary);
    }
}

/// <summary>What bounds a request's inputs.</summary>
/// <param name="Options">The server's limits.</param>
/// <param name="JsonBytes">Bytes of the text: no more elements than that can be in it.</param>
/// <param name="BinaryBytes">Bytes behind the text.</param>
/// <param name="BinaryInputs">Gets the inputs whose bytes are behind the text.</param>
internal sealed record JsonLimits(ServingOptions Options, long JsonBytes, long BinaryBytes, List<InferenceTensor> BinaryInputs)
{
    /// <summary>Bytes that the inputs so far claim of those behind the text.</summary>
    public long Claimed { get; set; }
}
