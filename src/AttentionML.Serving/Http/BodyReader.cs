using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Http;

/// <summary>Reads the body of an inference request: JSON, JSON with the tensors' bytes behind it, or a tensor's bytes alone.</summary>
internal static class BodyReader
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>Reads the body.</summary>
    /// <param name="http">The request.</param>
    /// <param name="signature">The model; it tells what a body of bytes alone is.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellation">Set when the client is gone, or the request's time is over.</param>
    /// <exception cref="InferenceException">The body is no request.</exception>
    public static async ValueTask<InferenceRequest> ReadAsync(HttpRequest http, ModelSignature signature, ServingOptions options, CancellationToken cancellation)
    {
        var headerLength = ParseHeaderLength(http);
        if (headerLength > http.ContentLength)
        {
            throw InferenceException.Invalid($"{HeaderLength} is {headerLength}, but the body has {http.ContentLength} bytes.");
        }

        return headerLength switch
        {
            null => await ReadJsonAsync(http.BodyReader, options, cancellation),
            0 => await ReadRawAsync(http.BodyReader, signature, options, cancellation),
            { } length => await ReadBinaryAsync(http, length, options, cancellation),
        };
    }

    private static long? ParseHeaderLength(HttpRequest http)
    {
        if (!http.Headers.TryGetValue(HeaderLength, out var values))
        {
            return null;
        }

        return long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw InferenceException.Invalid($"{HeaderLength} is '{JsonText.Short(values.ToString())}'; expected the number of bytes of the JSON.");
    }

    private static async Task<InferenceRequest> ReadJsonAsync(PipeReader body, ServingOptions options, CancellationToken cancellation)
    {
        using var json = new JsonTokens(body, null, options, cancellation);
        return await JsonRequest.ReadAsync(json, options, 0, []);
    }

    private static async Task<InferenceRequest> ReadBinaryAsync(HttpRequest http, long headerLength, ServingOptions options, CancellationToken cancellation)
    {
        if (headerLength > options.MaxRequestBytes)
        {
            throw TooLarge(options);
        }

        var body = http.BodyReader;
        var inputs = new List<(InferenceTensor Input, int Bytes)>();
        InferenceRequest request;
        using (var json = new JsonTokens(body, headerLength, options, cancellation))
        {
            request = await JsonRequest.ReadAsync(json, options, (http.ContentLength ?? options.MaxRequestBytes) - headerLength, inputs);
        }

        try
        {
            foreach (var (input, bytes) in inputs)
            {
                await FillAsync(body, input, bytes, cancellation);
            }

            await ExpectEndAsync(body, cancellation);
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    // The whole body is the only input, and the outputs come back the same way.
    private static async Task<InferenceRequest> ReadRawAsync(PipeReader body, ModelSignature signature, ServingOptions options, CancellationToken cancellation)
    {
        if (signature.Inputs is not [var spec] || spec.Type == TensorType.Bytes)
        {
            throw InferenceException.Invalid($"{HeaderLength} is 0, which is for models with one input, and that not of BYTES; this one takes {string.Join(", ", signature.Inputs)}.");
        }

        long[] shape = [.. spec.Shape];
        if (signature.Batches)
        {
            shape[0] = 1;
        }

        if (shape.Count(size => size < 0) > 1)
        {
            throw InferenceException.Invalid($"{HeaderLength} is 0, which is for inputs with one open axis at most; this model takes {spec}.");
        }

        var input = new InferenceTensor(spec.Name, spec.Type, shape, TensorBuffer.Rent(0));
        try
        {
            await ReadAllAsync(body, input.Buffer, options, cancellation);
            Complete(shape, input.Buffer.Length, spec);
            CheckBools(input);
            return new() { BinaryOutputs = true, Inputs = { input } };
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    private static void Complete(long[] shape, long bytes, TensorSpec spec)
    {
        var known = shape.Where(size => size >= 0).Aggregate((long)spec.Type.Size, (product, size) => checked(product * size));
        var open = Array.IndexOf(shape, -1L);
        if (open >= 0 && known > 0 && bytes % known == 0)
        {
            shape[open] = bytes / known;
        }
        else if (open >= 0 || bytes != known)
        {
            throw InferenceException.Invalid($"The body has {bytes} bytes, which make no {spec}.");
        }
    }

    private static async ValueTask ReadAllAsync(PipeReader body, TensorBuffer buffer, ServingOptions options, CancellationToken cancellation)
    {
        ReadResult result;
        do
        {
            result = await body.ReadAsync(cancellation);
            var fits = buffer.Length + result.Buffer.Length <= options.MaxRequestBytes;
            foreach (var part in fits ? result.Buffer : default)
            {
                buffer.Append(part.Span);
            }

            body.AdvanceTo(result.Buffer.End);
            if (!fits)
            {
                throw TooLarge(options);
            }
        }
        while (!result.IsCompleted);
    }

    private static async ValueTask FillAsync(PipeReader body, InferenceTensor input, int bytes, CancellationToken cancellation)
    {
        var filled = 0;
        while (filled < bytes)
        {
            var result = await body.ReadAsync(cancellation);
            var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, bytes - filled));
            var count = (int)part.Length; // The buffer is not ours any more once the reader has advanced.
            input.Buffer.Resize(filled + count);
            part.CopyTo(input.Buffer.Span[filled..]);
            filled += count;
            body.AdvanceTo(part.End);
            if (result.IsCompleted && count == 0)
            {
                throw InferenceException.Invalid($"The body ends {bytes - filled} bytes before the end of input '{input.Name}'.");
            }
        }

        if (input.Type == TensorType.Bytes && BytesElements.LengthOf(input.Buffer.Span, input.Elements) != input.Buffer.Length)
        {
            throw InferenceException.Invalid($"The bytes of input '{input.Name}' are not {input.Elements} elements, each a length of 4 bytes and that many bytes.");
        }

        CheckBools(input);
    }

    /// <summary>ONNX Runtime takes a BOOL for a C++ bool, which is 0 or 1.</summary>
    public static void CheckBools(InferenceTensor input)
    {
        if (input.Type == TensorType.Bool && input.Buffer.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw InferenceException.Invalid($"Input '{input.Name}' is BOOL and has a byte that is neither 0 nor 1.");
        }
    }

    private static async ValueTask ExpectEndAsync(PipeReader body, CancellationToken cancellation)
    {
        var result = await body.ReadAsync(cancellation);
        var surplus = result.Buffer.Length;
        body.AdvanceTo(result.Buffer.End);
        if (surplus > 0)
        {
            throw InferenceException.Invalid("The body has more bytes than the inputs claim.");
        }
    }

    /// <summary>The refusal of a body above the limit.</summary>
    public static InferenceException TooLarge(ServingOptions options) =>
        new(InferenceFault.TooLarge, $"The request is larger than {options.MaxRequestBytes} bytes.");
}
