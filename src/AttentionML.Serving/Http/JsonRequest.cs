using System.Text.Json;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>
/// Reads the JSON of an inference request in one pass, while it comes: the elements of an input go from the text into its buffer. An input whose
/// bytes follow the JSON (the binary extension) is left empty, to be filled.
/// </summary>
internal static class JsonRequest
{
    /// <summary>Reads the text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="options">The limits.</param>
    /// <param name="binaryBytes">How many bytes follow the JSON at most.</param>
    /// <param name="binaryInputs">Gets the inputs to fill, in their order, and with how many bytes.</param>
    /// <exception cref="InferenceException">The text is no request.</exception>
    public static async ValueTask<InferenceRequest> ReadAsync(
        JsonTokens json, ServingOptions options, long binaryBytes, List<(InferenceTensor Input, int Bytes)> binaryInputs)
    {
        var request = new InferenceRequest();
        try
        {
            await json.ReadAsync();
            await ReadRequestAsync(json, request, new(options, binaryBytes, binaryInputs));
            await json.ReadAsync(); // Nothing may follow.
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private static async ValueTask ReadRequestAsync(JsonTokens json, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(json, JsonTokenType.StartObject, "The body", "an object");
        var seen = new HashSet<string>();
        while (await JsonText.NextMemberAsync(json, seen, "the request") is { } member)
        {
            switch (member)
            {
                case "id":
                    request.Id = JsonText.String(json, "id");
                    break;
                case "parameters":
                    await ReadParametersAsync(json, request);
                    break;
                case "inputs":
                    await ReadInputsAsync(json, request, limits);
                    break;
                case "outputs":
                    await ReadOutputsAsync(json, request, limits);
                    break;
                default:
                    await json.SkipAsync(); // Clients may send more than the protocol has.
                    break;
            }
        }

        if (request.Inputs.Count == 0)
        {
            throw InferenceException.Invalid("The request has no 'inputs'.");
        }
    }

    private static async ValueTask ReadParametersAsync(JsonTokens json, InferenceRequest request)
    {
        JsonText.Expect(json, JsonTokenType.StartObject, "'parameters'", "an object");
        var seen = new HashSet<string>();
        while (await JsonText.NextMemberAsync(json, seen, "'parameters'") is { } member)
        {
            switch (member)
            {
                case "binary_data_output":
                    request.BinaryOutputs = JsonText.Flag(json, member);
                    break;
                case "timeout":
                    request.Timeout = Timeout(JsonText.Integer(json, member));
                    break;
                default:
                    JsonText.SkipParameter(json, member);
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

    private static async ValueTask ReadInputsAsync(JsonTokens json, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(json, JsonTokenType.StartArray, "'inputs'", "a list");
        while (await JsonText.NextElementAsync(json))
        {
            if (request.Inputs.Count == limits.Options.MaxTensors)
            {
                throw new InferenceException(InferenceFault.TooLarge, $"The request has more than {limits.Options.MaxTensors} inputs.");
            }

            request.Inputs.Add(await JsonInput.ReadAsync(json, limits));
        }
    }

    private static async ValueTask ReadOutputsAsync(JsonTokens json, InferenceRequest request, JsonLimits limits)
    {
        JsonText.Expect(json, JsonTokenType.StartArray, "'outputs'", "a list");
        var outputs = new List<RequestedOutput>();
        while (await JsonText.NextElementAsync(json))
        {
            if (outputs.Count == limits.Options.MaxTensors)
            {
                throw new InferenceException(InferenceFault.TooLarge, $"The request asks for more than {limits.Options.MaxTensors} outputs.");
            }

            outputs.Add(await ReadOutputAsync(json));
        }

        request.Outputs = outputs.Count == 0 ? null : outputs;
    }

    private static async ValueTask<RequestedOutput> ReadOutputAsync(JsonTokens json)
    {
        JsonText.Expect(json, JsonTokenType.StartObject, "An output", "an object");
        var (name, binary, seen) = ((string?)null, (bool?)null, new HashSet<string>());
        while (await JsonText.NextMemberAsync(json, seen, "an output") is { } member)
        {
            if (member == "name")
            {
                name = JsonText.String(json, "name");
            }
            else if (member == "parameters")
            {
                JsonText.Expect(json, JsonTokenType.StartObject, "'parameters'", "an object");
                var parameters = new HashSet<string>();
                while (await JsonText.NextMemberAsync(json, parameters, "'parameters'") is { } parameter)
                {
                    if (parameter == "classification")
                    {
                        throw InferenceException.Invalid("This server does not have the classification extension.");
                    }

                    if (parameter == "binary_data")
                    {
                        binary = JsonText.Flag(json, parameter);
                    }
                    else
                    {
                        JsonText.SkipParameter(json, parameter);
                    }
                }
            }
            else
            {
                await json.SkipAsync();
            }
        }

        return new(name ?? throw InferenceException.Invalid("An output has no 'name'."), binary);
    }
}

/// <summary>What bounds a request's inputs.</summary>
/// <param name="Options">The server's limits.</param>
/// <param name="BinaryBytes">Bytes behind the text.</param>
/// <param name="BinaryInputs">Gets the inputs whose bytes are behind the text, and how many those are.</param>
internal sealed record JsonLimits(ServingOptions Options, long BinaryBytes, List<(InferenceTensor Input, int Bytes)> BinaryInputs)
{
    /// <summary>Bytes that the inputs so far claim of those behind the text.</summary>
    public long Claimed { get; set; }
}
